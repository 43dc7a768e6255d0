/* Small manners of the pages: CSRF header for htmx, a progress line, one disclosure open at a time, errors said aloud. */
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token) event.detail.headers["X-CSRF-Token"] = token.content;
});

let line = null;
function showLine() {
  if (line) return;
  line = document.createElement("div");
  line.className = "progress";
  document.body.append(line);
}
function hideLine() {
  if (line) line.remove();
  line = null;
}
document.addEventListener("htmx:beforeRequest", showLine);
document.addEventListener("htmx:afterRequest", hideLine);
window.addEventListener("pageshow", hideLine);

function say(text) {
  const box = document.getElementById("messages");
  if (!box) return;
  box.textContent = text;
  box.className = "toast";
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { box.className = "visually-hidden"; box.textContent = ""; }, 6000);
}
document.addEventListener("htmx:responseError", (event) => {
  let text = "That did not work. Try again in a moment.";
  try { text = JSON.parse(event.detail.xhr.responseText).detail || text; } catch (error) { /* not a problem document */ }
  say(text);
});
document.addEventListener("htmx:sendError", () => say("The shop does not answer. Check your connection."));

/* "Why this?" and the switch of persons: one open at a time, closed by Escape or a click elsewhere. */
const POPOVERS = "details.why, details.switcher";
function closeOthers(except) {
  document.querySelectorAll(POPOVERS).forEach((one) => { if (one !== except) one.open = false; });
}
document.addEventListener("toggle", (event) => {
  if (event.target.matches && event.target.matches(POPOVERS) && event.target.open) closeOthers(event.target);
}, true);
document.addEventListener("click", (event) => { if (!event.target.closest(POPOVERS)) closeOthers(null); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = [...document.querySelectorAll(POPOVERS)].find((one) => one.open);
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});

/* What a figure means opens beside its sign, and within the window. */
function keepInside(event) {
  const sign = event.target.closest && event.target.closest(".tip");
  if (!sign) return;
  const words = sign.querySelector("[role=tooltip]");
  words.style.translate = "";
  words.style.translate = Math.min(0, document.documentElement.clientWidth - 8 - words.getBoundingClientRect().right) + "px";
}
document.addEventListener("focusin", keepInside);
document.addEventListener("mouseover", keepInside);

/* Not interested: every card of the piece goes at once, and comes back with Undo. */
function cardsOf(productId) {
  return document.querySelectorAll(`li.product[data-product="${CSS.escape(productId)}"]`);
}
document.addEventListener("product-refused", (event) => {
  cardsOf(event.detail.product_id).forEach((card) => { card.hidden = true; });
});
document.addEventListener("product-back", (event) => {
  const cards = [...cardsOf(event.detail.product_id)];
  cards.forEach((card) => { card.hidden = false; });
  if (cards.length) cards[0].querySelector(".refuse button").focus();
});

/* A form is sent once: a second click on a slow line must not place a second order. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent === "yes") { event.preventDefault(); return; }
  if (form.method === "post" && !form.hasAttribute("hx-post")) {
    form.dataset.sent = "yes";
    showLine();
  }
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
});

/* Choosing in a list that says so sends its form at once; without scripts its button does. */
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
document.querySelectorAll("[data-needs-no-script]").forEach((one) => { one.hidden = true; });

/* On a phone the filters start folded, so that the goods come first. */
if (window.matchMedia("(max-width: 759px)").matches) {
  document.querySelectorAll("details.filter-box").forEach((box) => { box.open = false; });
}
