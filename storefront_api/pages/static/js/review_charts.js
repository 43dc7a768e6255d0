/* Mean stars by month; a month of too few reviews leaves a gap. */
"use strict";

drawEach("stars", (box, months) => {
  drawChart(box, {
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (points) => { const one = months[points[0].dataIndex]; return monthWords(one.month) + "\n" + (one.mean === null ? "too few reviews for a mean" : one.mean.toFixed(2) + " stars") + "\n" + one.count + (one.count === 1 ? " review" : " reviews"); } },
    xAxis: { type: "category", data: months.map((one) => one.month), axisLabel: { formatter: monthWords, hideOverlap: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: "#c9baa4" } } },
    yAxis: { type: "value", min: 1, max: 5, interval: 1, splitLine: PLAIN_LINE },
    series: [{ type: "line", data: months.map((one) => one.mean), symbolSize: 8, lineStyle: { color: "#c98a1b", width: 2.5 }, itemStyle: { color: "#c98a1b" } }],
  });
});
