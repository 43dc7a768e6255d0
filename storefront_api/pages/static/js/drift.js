/* The map of drift: columns by windows, coloured by severity. Canvas, so the CSP needs no styles. */
"use strict";

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
    visualMap: { show: false, min: 0, max: 1.3, dimension: 2, inRange: { color: ["#eef3ea", "#dfe7d3", "#f3dda4", "#e0a93b", "#b8402f", "#8c1d2f"] } },
    series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: "#fffdfa", borderWidth: 2, borderRadius: 3 }, emphasis: { itemStyle: { borderColor: "#2b211b" } } }],
  });
  new ResizeObserver(() => chart.resize()).observe(box);
}

function drawDriftIn(root) { root.querySelectorAll("[data-drift]").forEach(drawDrift); }
drawDriftIn(document);
document.addEventListener("htmx:load", (event) => drawDriftIn(event.detail.elt));
