/* New and returning customers, step by step. */
"use strict";

drawEach("customers", (box, given) => {
  const days = given.steps.map((one) => one.day);
  const words = (day) => (given.unit === "month" ? monthWords(day) : dayWords(day));
  const bar = (name, color, key) => ({ name, type: "bar", stack: "customers", data: given.steps.map((one) => one[key]), itemStyle: { color }, barMaxWidth: 26 });
  drawChart(box, {
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (points) => (given.unit === "week" ? "week of " : "") + words(days[points[0].dataIndex]) + points.map((one) => "\n" + one.seriesName + ": " + one.value).join("") },
    xAxis: { type: "category", data: days, axisLabel: { formatter: words, hideOverlap: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: "#c9baa4" } } },
    yAxis: { type: "value", minInterval: 1, splitLine: PLAIN_LINE },
    series: [bar("Returning", "#a4442a", "returning"), bar("New", "#e0a93b", "new")],
  });
});
