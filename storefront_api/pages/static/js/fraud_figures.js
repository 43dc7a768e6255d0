/* Alerts a day and thresholds. Canvas, so the CSP needs no styles; every number stands in a table too. */
"use strict";

const COLOURS = { fraud: "#9b2638", legitimate: "#2c6650", "not reviewed": "#c9baa4", precision: "#a4442a", recall: "#2d5b80" };
const common = () => ({
  animation: false,
  aria: { enabled: false },
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: "#6a5b4e" },
  grid: { left: 8, right: 16, top: 16, bottom: 8, containLabel: true },
});
const tooltip = (formatter) => ({ trigger: "axis", renderMode: "richText", confine: true, backgroundColor: "#2b211b", borderWidth: 0, textStyle: { color: "#fff", fontSize: 13 }, formatter });
const dayWords = (day) => new Date(day + "T00:00:00Z").toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const percent = (share) => (share === null ? "not known" : (share * 100).toFixed(1) + " %");
function draw(box, option) {
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption({ ...common(), ...option });
  new ResizeObserver(() => chart.resize()).observe(box);
}

function drawAlerts(box) {
  const given = JSON.parse(box.dataset.alerts);
  draw(box, {
    tooltip: tooltip((points) => dayWords(given.days[points[0].dataIndex]) + points.map((point) => "\n" + point.seriesName + ": " + point.value).join("")),
    xAxis: { type: "category", data: given.days, axisLabel: { formatter: dayWords, hideOverlap: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: "#c9baa4" } } },
    yAxis: { type: "value", minInterval: 1, splitLine: { lineStyle: { color: "#ece2d2" } } },
    series: Object.entries(given.series).map(([name, data]) => ({ name, type: "bar", stack: "alerts", data, barMaxWidth: 18, itemStyle: { color: COLOURS[name] } })),
  });
}

function drawThresholds(box) {
  const given = JSON.parse(box.dataset.thresholds);
  const curve = (name, place) => ({ name, type: "line", symbolSize: 6, data: given.points.map((point) => [point[0], point[place]]), lineStyle: { color: COLOURS[name], width: 2.5 }, itemStyle: { color: COLOURS[name] } });
  const marks = [{ xAxis: given.current, label: { formatter: "now" } }, { xAxis: given.chosen, label: { formatter: "tried" }, lineStyle: { type: "solid" } }];
  draw(box, {
    tooltip: tooltip((points) => {
      const point = given.points[points[0].dataIndex];
      return "from " + point[0] + "\nprecision " + percent(point[1]) + "\nrecall " + percent(point[2]) + "\n" + point[3].toFixed(1) + " alerts a day";
    }),
    xAxis: { type: "value", min: 0, max: 100, axisLabel: { hideOverlap: true }, splitLine: { show: false } },
    yAxis: { type: "value", min: 0, max: 1, axisLabel: { formatter: (share) => Math.round(share * 100) + " %" }, splitLine: { lineStyle: { color: "#ece2d2" } } },
    series: [{ ...curve("precision", 1), markLine: { silent: true, symbol: "none", animation: false, lineStyle: { color: "#2b211b", type: "dashed" }, data: given.current === given.chosen ? marks.slice(0, 1) : marks } }, curve("recall", 2)],
  });
}

function drawAll(root) {
  root.querySelectorAll("[data-alerts]").forEach(drawAlerts);
  root.querySelectorAll("[data-thresholds]").forEach(drawThresholds);
}
drawAll(document);
document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) drawAll(event.detail.elt); });
