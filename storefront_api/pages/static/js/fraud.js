/* The fraud desk by keyboard: single keys go through the queue and decide a case. Every one has its link, button or field. */
"use strict";

const SWITCH = "fraud-keys";
const list = document.getElementById("keys");
const toggle = document.getElementById("keys-on");
/* A private window may refuse to remember it; then the keys are on. */
const remembered = (value) => { try { if (value) localStorage.setItem(SWITCH, value); return localStorage.getItem(SWITCH); } catch (error) { return null; } };
toggle.checked = remembered() !== "off";
toggle.addEventListener("change", () => remembered(toggle.checked ? "on" : "off"));

const rows = () => [...document.querySelectorAll("tr[data-case]")];
const sections = () => [...document.querySelectorAll("[data-section]")];
const rowInFocus = () => document.activeElement.closest("tr[data-case]");
const isField = (element) => element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

/* To the next or the previous of these, from where the focus is; the first when it is nowhere among them. */
function step(all, by) {
  if (!all.length) return;
  const at = all.findIndex((one) => one.contains(document.activeElement));
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
  (next.querySelector("[data-open]") || next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function press(key) {
  if (key === "?") { list.open = !list.open; if (list.open) list.querySelector("summary").focus(); return true; }
  if (key === "j" || key === "k") { step(rows().length ? rows() : sections(), key === "j" ? 1 : -1); return true; }
  const row = rowInFocus();
  if (row && key === "c") { row.querySelector("[data-claim]").requestSubmit(); return true; }
  if (row && key === "x") { const tick = row.querySelector("[name=cases]"); if (tick) tick.click(); return true; }
  if (key === "d") { const bulk = document.getElementById("bulk-outcome"); if (bulk) bulk.focus(); return true; }
  const named = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!named) return false;
  if (named.matches("input[type=radio]")) { named.checked = true; document.getElementById("reason").focus(); }
  else if (isField(named)) { named.closest("details")?.setAttribute("open", ""); named.focus(); }
  else named.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isField(event.target)) { event.target.blur(); return; }
  if (!toggle.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key.length > 1) return;
  if (isField(event.target) || event.key.length !== 1) return;
  if (press(event.key)) event.preventDefault();
});

/* In one form of several acts, Enter does the act whose field it is pressed in. */
document.addEventListener("keydown", (event) => {
  const act = event.key === "Enter" && event.target.matches("input[type=text]") && event.target.closest("[data-act]");
  if (act) { event.preventDefault(); act.querySelector("button").click(); }
});

/* One tick for the whole page. */
function offerTickAll() { document.querySelectorAll("[data-needs-script]").forEach((one) => { one.hidden = false; }); }
offerTickAll();
document.addEventListener("htmx:afterSwap", offerTickAll);
document.addEventListener("change", (event) => {
  if (event.target.id === "tick-all") document.querySelectorAll("[name=cases]").forEach((one) => { one.checked = event.target.checked; });
});
