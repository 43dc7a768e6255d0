/* Revenue: days as bars, the forecast as a line within its 80 and 95 % bands. */
"use strict";

function drawRevenue(box, given) {
  const past = given.days.map((day) => day.sale_date);
  const ahead = given.forecast.map((day) => day.day).filter((day) => day > (past[past.length - 1] || ""));
  const days = past.concat(ahead);
  const pad = past.map(() => null);
  const future = given.forecast.filter((day) => ahead.includes(day.day));
  const low = (band) => pad.concat(future.map((day) => Math.max(0, day["low_" + band])));
  const gap = (band) => pad.concat(future.map((day) => Math.max(0, day["high_" + band] - Math.max(0, day["low_" + band]))));
  const soft = { type: "line", symbol: "none", silent: true, lineStyle: { opacity: 0 } };
  const series = [
    { name: "Revenue", type: "bar", data: given.days.map((day) => day.revenue_minor), itemStyle: { color: "#a4442a", borderRadius: [3, 3, 0, 0] }, barMaxWidth: 18 },
  ];
  if (future.length) {
    series.push(
      { ...soft, name: "low95", stack: "95", data: low(95) },
      { ...soft, name: "95 % band", stack: "95", data: gap(95), areaStyle: { color: "#2d5b80", opacity: 0.13 } },
      { ...soft, name: "low80", stack: "80", data: low(80) },
      { ...soft, name: "80 % band", stack: "80", data: gap(80), areaStyle: { color: "#2d5b80", opacity: 0.22 } },
      { name: "Forecast", type: "line", symbol: "none", data: pad.concat(future.map((day) => day.revenue_minor)), lineStyle: { color: "#2d5b80", width: 2.5 }, itemStyle: { color: "#2d5b80" } },
    );
  }
  drawChart(box, {
    tooltip: {
      ...TOOLTIP, trigger: "axis",
      formatter: (points) => {
        const at = points[0].dataIndex;
        if (at < past.length) return dayWords(days[at]) + "\n" + money(given.days[at].revenue_minor, given.currency) + " · " + given.days[at].order_count + " orders";
        const day = future[at - past.length];
        return dayWords(day.day) + ", expected\n" + money(day.revenue_minor, given.currency) + "\n80 %: " + money(Math.max(0, day.low_80), given.currency) + " to " + money(day.high_80, given.currency) + "\n95 %: " + money(Math.max(0, day.low_95), given.currency) + " to " + money(day.high_95, given.currency);
      },
    },
    xAxis: { type: "category", data: days, axisLabel: { formatter: dayWords, hideOverlap: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: "#c9baa4" } } },
    yAxis: { type: "value", axisLabel: { formatter: (value) => short(value, given.currency) }, splitLine: PLAIN_LINE },
    series,
  });
}

drawEach("revenue", drawRevenue);
