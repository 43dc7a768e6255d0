/* How well the score does by week, estimated and realised, and how late frauds are known. Every number stands in a table too. */
"use strict";

const ESTIMATED = "#2d5b80", REALISED = "#9b2638", COMING = "#c9baa4";
const share = (value) => (value * 100).toFixed(1) + " %";
const DAYS_AXIS = { axisTick: { show: false }, axisLine: { lineStyle: { color: "#c9baa4" } } };

drawEach("estimates", (box, given) => {
  const words = (value) => (value === null ? "not known" : given.is_share ? share(value) : String(Math.round(value * 10) / 10));
  const bound = (place) => given.estimated.map((one) => one[place]);
  const band = { type: "line", stack: "chance", symbol: "none", silent: true, lineStyle: { opacity: 0 } };
  const told = (place) => {
    const [first, last, isMature] = given.weeks[place], [value, low, high] = given.estimated[place];
    const chance = value === null ? "" : " (" + words(low) + " to " + words(high) + ")";
    return dayWords(first) + " to " + dayWords(last) + "\nestimated " + words(value) + chance + "\nrealised " + words(given.realised[place]) + (isMature ? "" : "\nlabels still come");
  };
  drawChart(box, {
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (points) => told(points[0].dataIndex) },
    xAxis: { type: "category", boundaryGap: true, data: given.weeks.map((week) => week[0]), axisLabel: { formatter: dayWords, hideOverlap: true }, ...DAYS_AXIS },
    yAxis: { type: "value", min: 0, max: given.is_share ? 1 : undefined, axisLabel: { formatter: (value) => (given.is_share ? Math.round(value * 100) + " %" : value) }, splitLine: PLAIN_LINE },
    series: [
      { ...band, data: bound(1) },
      { ...band, data: given.estimated.map((one) => (one[0] === null ? null : one[2] - one[1])), areaStyle: { color: ESTIMATED, opacity: 0.18 } },
      { type: "line", data: bound(0), symbolSize: 6, lineStyle: { color: ESTIMATED, width: 2.5 }, itemStyle: { color: ESTIMATED } },
      { type: "scatter", symbolSize: 11, z: 5, data: given.realised.map((value, place) => ({ value, itemStyle: { color: given.weeks[place][2] ? REALISED : COMING } })) },
    ],
  });
});

drawEach("lag", (box, given) => {
  drawChart(box, {
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (points) => points[0].value[0] + " days after the attempt\n" + share(points[0].value[1]) + " known" },
    xAxis: { type: "value", min: 0, max: given.shares.length - 1, name: "days", nameLocation: "middle", nameGap: 26, splitLine: { show: false }, ...DAYS_AXIS },
    yAxis: { type: "value", min: 0, max: 1, axisLabel: { formatter: (value) => Math.round(value * 100) + " %" }, splitLine: PLAIN_LINE },
    series: [{
      type: "line", step: "end", symbol: "none", data: given.shares.map((value, day) => [day, value]), lineStyle: { color: REALISED, width: 2.5 },
      markLine: { silent: true, symbol: "none", animation: false, label: { formatter: "silence counts" }, lineStyle: { color: "#2b211b", type: "dashed" }, data: [{ xAxis: given.silence }] },
    }],
  });
});
