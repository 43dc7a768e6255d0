/* The platform's charts; every number stands in a table too. */
"use strict";

const CLAY = "#a4442a", BLUE = "#2d5b80", SAND = "#c9baa4";
const AXIS_LINE = { axisTick: { show: false }, axisLine: { lineStyle: { color: SAND } } };
const share = (value, digits = 1) => (value === null || value === undefined ? "–" : (value * 100).toFixed(digits) + " %");
const count = (value) => new Intl.NumberFormat("en-US").format(value);
const bucketWords = (day, grain) => (grain === "month" ? monthWords(day) : grain === "week" ? "week of " + dayWords(day) : dayWords(day));
const bars = (data, more) => ({ type: "bar", data, barMaxWidth: 22, itemStyle: { color: CLAY, borderRadius: [3, 3, 0, 0] }, ...more });

drawEach("platform-revenue", (box, given) => {
  const label = (day) => bucketWords(day, given.grain);
  drawChart(box, {
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (points) => {
      const now = given.buckets[points[0].dataIndex], was = given.compared[points[0].dataIndex];
      return label(now.starts_on) + "\n" + money(now.revenue_minor, given.currency) + " · " + count(now.order_count) + " orders" + (was ? "\n" + label(was.starts_on) + ": " + money(was.revenue_minor, given.currency) : "");
    } },
    xAxis: { type: "category", data: given.buckets.map((row) => row.starts_on), axisLabel: { formatter: (day) => (given.grain === "month" ? monthWords(day) : dayWords(day)), hideOverlap: true }, ...AXIS_LINE },
    yAxis: { type: "value", axisLabel: { formatter: (value) => short(value, given.currency) }, splitLine: PLAIN_LINE },
    series: [bars(given.buckets.map((row) => row.revenue_minor))].concat(given.compared.length ? [{ type: "line", symbol: "none", data: given.buckets.map((_, at) => (given.compared[at] ? given.compared[at].revenue_minor : null)), lineStyle: { color: BLUE, width: 2, type: "dashed" }, itemStyle: { color: BLUE } }] : []),
  });
});

drawEach("platform-funnel", (box, steps) => {
  const shown = steps.slice().reverse();
  drawChart(box, {
    grid: { left: 8, right: 64, top: 8, bottom: 8, containLabel: true },
    tooltip: { ...TOOLTIP, trigger: "item", formatter: (point) => shown[point.dataIndex].label + "\n" + count(shown[point.dataIndex].count) + " visits, " + share(shown[point.dataIndex].of_visits) },
    xAxis: { type: "value", show: false },
    yAxis: { type: "category", data: shown.map((step) => step.label), axisLabel: { width: 104, overflow: "break", lineHeight: 15 }, ...AXIS_LINE },
    series: [bars(shown.map((step) => step.count), { barMaxWidth: 34, itemStyle: { color: CLAY, borderRadius: [0, 3, 3, 0] }, label: { show: true, position: "right", formatter: (point) => share(shown[point.dataIndex].of_visits) } })],
  });
});

drawEach("platform-trend", (box, given) => {
  const rate = (row) => (row.session_count ? row.order_session_count / row.session_count : null);
  drawChart(box, {
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (points) => {
      const row = given.buckets[points[0].dataIndex];
      return bucketWords(row.starts_on, given.grain) + "\n" + share(rate(row), 2) + " of " + count(row.session_count) + " visits";
    } },
    xAxis: { type: "category", data: given.buckets.map((row) => row.starts_on), axisLabel: { formatter: (day) => (given.grain === "month" ? monthWords(day) : dayWords(day)), hideOverlap: true }, ...AXIS_LINE },
    yAxis: { type: "value", min: 0, axisLabel: { formatter: (value) => share(value) }, splitLine: PLAIN_LINE },
    series: [{ type: "line", data: given.buckets.map(rate), symbolSize: 5, showSymbol: given.buckets.length < 40, lineStyle: { color: CLAY, width: 2.5 }, itemStyle: { color: CLAY } }],
  });
});

drawEach("platform-league", (box, given) => {
  const shown = given.sellers.slice().reverse();
  const row = (name, colour) => bars(shown.map((seller) => seller[name]), { barMaxWidth: 10, itemStyle: { color: colour, borderRadius: [0, 3, 3, 0] } });
  drawChart(box, {
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (points) => {
      const seller = shown[points[0].dataIndex];
      return seller.shop_name + "\n" + money(seller.revenue_minor, given.currency) + "\nmonth before: " + money(seller.revenue_before_minor, given.currency);
    } },
    xAxis: { type: "value", axisLabel: { formatter: (value) => short(value, given.currency), hideOverlap: true }, splitLine: PLAIN_LINE },
    yAxis: { type: "category", data: shown.map((seller) => seller.shop_name), axisLabel: { width: 110, overflow: "truncate", interval: 0 }, ...AXIS_LINE },
    series: [row("revenue_before_minor", SAND), row("revenue_minor", CLAY)],
  });
});

drawEach("tenths", (box, rows) => {
  const isShare = rows[0].subject !== "customer_spend", currency = rows[0].currency;
  const words = (value) => (isShare ? share(value) : money(value, currency));
  const edge = { type: "line", symbol: "none", silent: true, stack: "interval", lineStyle: { opacity: 0 }, z: 1 };
  drawChart(box, {
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (points) => {
      const row = rows[points[0].dataIndex];
      return "Tenth " + row.decile + ", " + count(row.entity_count) + " counted\nexpected " + words(row.expected) + "\ncame " + words(row.actual) + "\n95 %: " + words(row.actual_low) + " to " + words(row.actual_high);
    } },
    xAxis: { type: "category", data: rows.map((row) => String(row.decile)), ...AXIS_LINE },
    yAxis: { type: "value", min: 0, axisLabel: { formatter: (value) => (isShare ? share(value, 0) : short(value, currency)) }, splitLine: PLAIN_LINE },
    series: [
      bars(rows.map((row) => row.actual)),
      { ...edge, data: rows.map((row) => row.actual_low) },
      { ...edge, data: rows.map((row) => row.actual_high - row.actual_low), areaStyle: { color: CLAY, opacity: 0.2 } },
      { type: "line", data: rows.map((row) => row.expected), symbolSize: 7, lineStyle: { color: BLUE, width: 2.5 }, itemStyle: { color: BLUE }, z: 6 },
    ],
  });
});
