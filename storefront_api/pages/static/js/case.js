/* Two drawings of a case: who shares what with whom, and how far apart its places are. Canvas, so the CSP needs no styles. */
"use strict";

const INK = { customer: "#a4442a", thing: "#c98a1b", account: "#2d5b80", "fraudulent account": "#9b2638", line: "#c9baa4", text: "#2b211b" };
const base = (series, x, y) => ({
  animation: false,
  aria: { enabled: false },
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: INK.text },
  grid: { left: 8, right: 8, top: 22, bottom: 22 },
  xAxis: { type: "value", show: false, min: x[0], max: x[1] },
  yAxis: { type: "value", show: false, min: y[0], max: y[1] },
  series,
});
const stroke = (from, to, extra) => ({ type: "line", symbol: "none", silent: true, data: [from, to], lineStyle: { color: INK.line, width: 1.5 }, ...extra });
function draw(box, option) {
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption(option);
  new ResizeObserver(() => chart.resize()).observe(box);
}

function drawLinks(box) {
  const given = JSON.parse(box.dataset.links);
  const place = (node) => [node.x, 1 - node.y];
  box.style.height = Math.max(190, given.nodes.filter((node) => node.x === 2).length * 30 + 44) + "px";
  const unit = (box.clientWidth - 186) / 2;  // what is left between the names at both ends, for two steps
  const side = { customer: "bottom", thing: "top", account: "right", "fraudulent account": "right" };
  draw(box, base([
    ...given.edges.map(([from, to]) => stroke(place(given.nodes[from]), place(given.nodes[to]))),
    {
      type: "scatter", symbolSize: 15, z: 5, silent: true,
      data: given.nodes.map((node) => ({
        value: place(node), symbol: node.kind === "thing" ? "diamond" : "circle", itemStyle: { color: INK[node.kind] },
        label: { show: true, position: side[node.kind], formatter: node.name, color: INK.text, fontSize: 12, width: 100, overflow: "truncate", fontWeight: node.kind === "fraudulent account" ? "bold" : "normal" },
      })),
    },
  ], [-55 / unit, 2 + 115 / unit], [0, 1]));
}

/* Longitudes shrink towards the poles, so that directions look as on a map. */
function drawMap(box) {
  const given = JSON.parse(box.dataset.map);
  const shrink = Math.cos((Math.PI / 180) * given.spots.reduce((sum, spot) => sum + spot.latitude, 0) / given.spots.length);
  const at = given.spots.map((spot) => [spot.longitude * shrink, spot.latitude]);
  const ends = [0, 1].map((axis) => at.map((one) => one[axis])).map((all) => [Math.min(...all), Math.max(...all)]);
  const reach = Math.max(...ends.map(([low, high]) => high - low)) * 0.8;
  const around = ends.map(([low, high]) => [(low + high) / 2 - reach, (low + high) / 2 + reach]);
  const label = (text, extra) => ({ show: true, formatter: text, color: INK.text, fontSize: 12, ...extra });
  draw(box, base([
    ...given.legs.map((leg) => stroke(at[leg.start], at[leg.end], { lineStyle: { color: INK.line, width: 2, type: "dashed" } })),
    {
      type: "scatter", silent: true, symbolSize: 1, z: 6,
      data: given.legs.map((leg) => ({
        value: [(at[leg.start][0] + at[leg.end][0]) / 2, (at[leg.start][1] + at[leg.end][1]) / 2],
        label: label(leg.words, { fontWeight: "bold", backgroundColor: "#fffdfa", padding: [2, 5], borderRadius: 4 }),
      })),
    },
    {
      type: "scatter", silent: true, symbolSize: 14, z: 5,
      data: given.spots.map((spot, number) => ({
        value: at[number], itemStyle: { color: spot.is_network ? INK.customer : INK.account },
        label: label(spot.words, { position: at[number][1] >= around[1][0] + reach ? "top" : "bottom", align: "center", lineHeight: 16 }),
      })),
    },
  ], around[0], around[1]));
}

document.querySelectorAll("[data-links]").forEach(drawLinks);
document.querySelectorAll("[data-map]").forEach(drawMap);
