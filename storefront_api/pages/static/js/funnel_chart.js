/* From look to order: each step as long as its visits. */
"use strict";

function drawFunnel(box, steps) {
  const most = Math.max(...steps.map((step) => step.value));
  const colours = ["#c9baa4", "#d08a55", "#a4442a"];
  const count = (value) => new Intl.NumberFormat("en-US").format(value);
  const share = (value) => (most ? (100 * value / most).toFixed(1) : 0) + " %";
  drawChart(box, {
    grid: { left: 8, right: 110, top: 8, bottom: 8, containLabel: true },
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: ([at]) => at.name + "\n" + count(at.value) + " visits, " + share(at.value) + " of all" },
    xAxis: { type: "value", max: most, show: false },
    yAxis: { type: "category", inverse: true, data: steps.map((step) => step.name), axisTick: { show: false }, axisLine: { show: false }, axisLabel: { fontSize: 13, lineHeight: 16, width: box.clientWidth / 3.2, overflow: "break" } },
    series: [{
      name: "Visits", type: "bar", barMaxWidth: 44,
      label: { show: true, position: "right", fontSize: 13, color: "#2b211b", formatter: (at) => count(at.value) + " · " + share(at.value) },
      data: steps.map((step, at) => ({ value: step.value, itemStyle: { color: colours[at], borderRadius: [0, 5, 5, 0] } })),
    }],
  });
}

drawEach("funnel", drawFunnel);
