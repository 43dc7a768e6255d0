/* The map of drift: columns by windows, coloured by severity. Canvas, so the CSP needs no styles. */
"use strict";

/* From leaf to gold within a moderate effect, from clay to dark red beyond a strong one. */
const STEPS = [[0.25, "#e9f0e4"], [0.5, "#dbe6cf"], [0.7, "#f3e2b3"], [1, "#e0a93b"], [1.5, "#b8402f"], [Infinity, "#8c1d2f"]];
const colourOf = (severity) => STEPS.find(([most]) => severity < most)[1];

function drawDrift(box) {
  const given = JSON.parse(box.dataset.drift);
  const cells = [];
  given.severity.forEach((row, y) => row.forEach((value, x) => { if (value !== null) cells.push([x, y, value]); }));
  const phone = box.clientWidth < 480;
  box.style.height = given.features.length * 26 + 60 + "px";
  const chart = echarts.init(box, null, { renderer: "canvas" });
  const short = (name) => (phone && name.length > 19 ? name.slice(0, 18) + "…" : name);
  chart.setOption({
    animation: false,
    aria: { enabled: false },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: "#6a5b4e" },
    grid: { left: 4, right: 6, top: 4, bottom: 4, containLabel: true },
    tooltip: {
      renderMode: "richText", confine: true, backgroundColor: "#2b211b", borderWidth: 0, textStyle: { color: "#fff", fontSize: 13 },
      formatter: (point) => {
        const value = point.value[2];
        const words = value >= 1 ? "strong" : Math.round(value * 100) + " % of a strong effect";
        return given.features[point.value[1]] + "\nfrom " + given.windows[point.value[0]] + "\n" + words;
      },
    },
    xAxis: { type: "category", data: given.windows, splitArea: { show: false }, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { hideOverlap: true, formatter: (day) => day.replace(/ \d{4}$/, "") } },
    yAxis: { type: "category", data: given.features, inverse: true, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { formatter: short, fontSize: phone ? 11 : 12 } },
    series: [{
      type: "scatter", symbol: "roundRect", data: cells.map((cell) => ({ value: cell, itemStyle: { color: colourOf(cell[2]) } })),
      symbolSize: () => {
        const area = chart.getModel().getComponent("grid").coordinateSystem.getRect();
        return [area.width / given.windows.length - 3, area.height / given.features.length - 3];
      },
      emphasis: { scale: false, itemStyle: { borderColor: "#2b211b", borderWidth: 2 } },
    }],
  });
  new ResizeObserver(() => chart.resize()).observe(box);
}

function drawDriftIn(root) { root.querySelectorAll("[data-drift]").forEach(drawDrift); }
drawDriftIn(document);
document.addEventListener("htmx:load", (event) => drawDriftIn(event.detail.elt));
