/* From the price of the goods to what is the seller's: each bar hangs where the one before ended. */
"use strict";

function drawWaterfall(box, given) {
  const steps = given.steps;
  const last = steps.length - 1;
  const isSum = (at) => at === 0 || at === last;
  const ends = steps.map((step, at) => [isSum(at) ? 0 : step.until_minor - step.change_minor, step.until_minor]);
  /* What lies under a bar is left blank; a bar that crosses zero has a part above and one below. */
  const foot = ends.map(([from, to]) => (from > 0 && to > 0 ? Math.min(from, to) : from < 0 && to < 0 ? Math.max(from, to) : 0));
  const above = ends.map(([from, to], at) => Math.max(0, Math.max(from, to)) - Math.max(0, foot[at]));
  const below = ends.map(([from, to], at) => Math.min(0, Math.min(from, to)) - Math.min(0, foot[at]));
  const colour = (at) => (isSum(at) ? "#a4442a" : steps[at].change_minor < 0 ? "#9b2638" : "#2c6650");
  const bars = (name, values) => ({ name, type: "bar", stack: "money", barMaxWidth: 64, data: values.map((value, at) => ({ value, itemStyle: { color: colour(at), borderRadius: 3 } })) });
  drawChart(box, {
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: ([at]) => steps[at.dataIndex].label + "\n" + exact(steps[at.dataIndex].change_minor, given.currency) },
    xAxis: { type: "category", data: steps.map((step) => step.label), axisTick: { show: false }, axisLabel: { interval: 0, rotate: box.clientWidth < 480 ? 40 : 0 }, axisLine: { onZero: false, lineStyle: { color: "#c9baa4" } } },
    yAxis: { type: "value", axisLabel: { formatter: (value) => short(value, given.currency) }, splitLine: PLAIN_LINE },
    series: [
      { name: "foot", type: "bar", stack: "money", silent: true, itemStyle: { color: "transparent" }, data: foot },
      bars("above", above), bars("below", below),
    ],
  });
}

drawEach("waterfall", drawWaterfall);
