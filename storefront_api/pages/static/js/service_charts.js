/* Orders with a defect by month; months that may still get worse are pale. */
"use strict";

drawEach("defects", (box, months) => {
  const percent = (share) => (share * 100).toFixed(share < 0.0995 ? 1 : 0) + " %";
  drawChart(box, {
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (points) => { const one = months[points[0].dataIndex]; return monthWords(one.month) + "\n" + (one.share === null ? "too few to tell of " : percent(one.share) + " of ") + one.orders + " orders" + (one.is_mature ? "" : "\nstill counting"); } },
    xAxis: { type: "category", data: months.map((one) => one.month), axisLabel: { formatter: monthWords, hideOverlap: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: "#c9baa4" } } },
    yAxis: { type: "value", min: 0, axisLabel: { formatter: percent }, splitLine: PLAIN_LINE },
    series: [{
      type: "bar", barMaxWidth: 26, data: months.map((one) => ({ value: one.share, itemStyle: { color: one.is_mature ? "#a4442a" : "#c9baa4", borderRadius: [3, 3, 0, 0] } })),
      markLine: { silent: true, symbol: "none", animation: false, label: { show: false }, lineStyle: { color: "#2d5b80", type: "solid", width: 2 }, data: [{ yAxis: 0.01 }] },
    }],
  });
});
