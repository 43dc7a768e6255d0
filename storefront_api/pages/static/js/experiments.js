/* Differences to the champion with their intervals, one line per figure. Canvas, so the CSP needs no styles. */
"use strict";

function drawLifts(box) {
  const given = JSON.parse(box.dataset.lifts);
  const phone = box.clientWidth < 480;
  box.style.height = given.length * 46 + 44 + "px";
  const colourOf = (one) => (one.low > 0 ? "#4c7a3f" : one.high < 0 ? "#b8402f" : "#8a7a6b");
  const percent = (share) => share === 0 ? "0 %" : (share > 0 ? "+" : share < 0 ? "−" : "") + Math.abs(share * 100).toFixed(Math.abs(share) < 0.1 ? 1 : 0) + " %";
  const reach = Math.max(...given.map((one) => Math.max(Math.abs(one.low), Math.abs(one.high)))) * 1.05;
  const wrapped = (name) => name.replace(/(.{1,22})(\s|$)/g, "$1\n").trim();
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption({
    animation: false,
    aria: { enabled: false },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: "#6a5b4e" },
    grid: { left: 4, right: 14, top: 4, bottom: 4, containLabel: true },
    tooltip: {
      renderMode: "richText", confine: true, backgroundColor: "#2b211b", borderWidth: 0, textStyle: { color: "#fff", fontSize: 13 },
      formatter: (point) => {
        const one = given[point.dataIndex];
        return one.name + "\n" + percent(one.value) + "\n95 %: " + percent(one.low) + " to " + percent(one.high);
      },
    },
    xAxis: { type: "value", min: -reach, max: reach, axisLabel: { formatter: percent, hideOverlap: true, showMinLabel: false, showMaxLabel: false }, splitLine: { lineStyle: { color: "#ece2d2" } } },
    yAxis: { type: "category", inverse: true, data: given.map((one) => one.name), axisTick: { show: false }, axisLine: { show: false }, axisLabel: { formatter: wrapped, fontSize: phone ? 11 : 12, lineHeight: 15 } },
    series: [
      ...given.map((one, place) => ({ type: "line", symbol: "none", silent: true, data: [[one.low, place], [one.high, place]], lineStyle: { color: colourOf(one), width: 3 } })),
      {
        type: "scatter", symbolSize: 13, z: 5, data: given.map((one, place) => ({ value: [one.value, place], itemStyle: { color: colourOf(one) } })),
        markLine: { silent: true, symbol: "none", animation: false, label: { show: false }, data: [{ xAxis: 0 }], lineStyle: { color: "#2b211b", type: "solid", width: 1 } },
      },
    ],
  });
  new ResizeObserver(() => chart.resize()).observe(box);
}

document.querySelectorAll("[data-lifts]").forEach(drawLifts);
