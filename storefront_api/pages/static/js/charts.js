/* What the charts of the working pages share: money and days in words, a frame for ECharts. Canvas, so the CSP needs no styles. */
"use strict";

const SIGNS = { BDT: "৳", BRL: "R$ " };
function money(minor, currency) {
  const whole = Math.round(minor / 100);
  return (SIGNS[currency] || currency + " ") + new Intl.NumberFormat(currency === "BDT" ? "en-IN" : "en-US").format(whole);
}
function exact(minor, currency) {
  const places = ["JPY", "KRW"].includes(currency) ? 0 : 2;
  const amount = new Intl.NumberFormat(currency === "BDT" ? "en-IN" : "en-US", { minimumFractionDigits: places, maximumFractionDigits: places }).format(Math.abs(minor) / 10 ** places);
  return (minor < 0 ? "−" : "") + (SIGNS[currency] || currency + " ") + amount;
}
function short(minor, currency) {
  const whole = Math.abs(minor) / 100;
  const units = currency === "BDT" ? [[1e7, "Cr"], [1e5, "L"], [1e3, "K"]] : [[1e6, "M"], [1e3, "K"]];
  const unit = units.find(([size]) => whole >= size);
  const text = unit ? (whole / unit[0]).toFixed(whole / unit[0] < 10 ? 1 : 0).replace(/\.0$/, "") + " " + unit[1] : String(Math.round(whole));
  return (minor < 0 ? "−" : "") + (SIGNS[currency] || "") + text;
}
function dayWords(day) {
  return new Date(day + "T00:00:00Z").toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}
function monthWords(day) {
  return new Date(day + "T00:00:00Z").toLocaleDateString("en-GB", { month: "short", year: "2-digit", timeZone: "UTC" });
}

const PLAIN_LINE = { lineStyle: { color: "#ece2d2" } };
const TOOLTIP = { renderMode: "richText", confine: true, backgroundColor: "#2b211b", borderWidth: 0, textStyle: { color: "#fff", fontSize: 13 } };

/* An ECharts chart in this box, with our type and margins, as wide as the box becomes. */
function drawChart(box, options) {
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption({
    animationDuration: 300,
    aria: { enabled: false },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: "#6a5b4e" },
    grid: { left: 8, right: 12, top: 16, bottom: 8, containLabel: true },
    ...options,
  });
  new ResizeObserver(() => chart.resize()).observe(box);
}

/* Call `draw(box, what data-<name> holds)` for every box that has it, now and whenever htmx brings one. */
function drawEach(name, draw) {
  const within = (root) => root.querySelectorAll("[data-" + name + "]").forEach((box) => draw(box, JSON.parse(box.getAttribute("data-" + name))));
  within(document);
  document.addEventListener("htmx:afterSwap", (event) => within(event.detail.target));
}
