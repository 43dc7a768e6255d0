/* The review list by keyboard: single keys go through it and answer. Every one has its button or list. */
"use strict";

const SWITCH = "tag-keys";
const list = document.getElementById("keys");
const toggle = document.getElementById("keys-on");
/* A private window may refuse to remember it; then the keys are on. */
const remembered = (value) => { try { if (value) localStorage.setItem(SWITCH, value); return localStorage.getItem(SWITCH); } catch (error) { return null; } };
toggle.checked = remembered() !== "off";
toggle.addEventListener("change", () => remembered(toggle.checked ? "on" : "off"));

const waiting = () => [...document.querySelectorAll("[data-tag]")];
function go(to) {
  if (!to) return;
  to.focus();
  to.scrollIntoView({ block: "nearest" });
}
function step(by) {
  const all = waiting(), here = document.activeElement.closest(".tag");
  if (!here) return go(all[0]);
  const lines = [...document.querySelectorAll(".review .tag")];
  for (let at = lines.indexOf(here) + by; at >= 0 && at < lines.length; at += by) if (lines[at].matches("[data-tag]")) return go(lines[at]);
}
function press(key) {
  if (key === "?") { list.open = !list.open; if (list.open) list.querySelector("summary").focus(); return true; }
  if (key === "j" || key === "k") { step(key === "j" ? 1 : -1); return true; }
  const here = document.activeElement.closest("[data-tag]");
  const named = here && here.querySelector(`[data-answer="${CSS.escape(key)}"]`);
  if (!named) return false;
  if (named.matches("select")) named.focus(); else named.click();
  return true;
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches("select")) { event.target.closest("[data-tag]").focus(); return; }
  if (!toggle.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key.length > 1) return;
  if (event.target.matches("input:not([type=checkbox]), textarea, select") || event.key.length !== 1) return;
  if (press(event.key)) event.preventDefault();
});

/* After an answer the next one has the focus; after the last of a page, the way on. */
document.addEventListener("htmx:afterSwap", (event) => {
  if (!event.detail.requestConfig.path.includes("/answers/")) return;
  const answered = document.querySelector("[data-answered]:not([data-seen])");
  if (!answered) return;
  answered.dataset.seen = "";
  let next = answered.nextElementSibling;
  while (next && !next.matches("[data-tag]")) next = next.nextElementSibling;
  go(next || waiting()[0] || document.querySelector("[data-next]"));
});
