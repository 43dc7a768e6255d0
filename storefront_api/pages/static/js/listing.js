/* A listing that is being written: tags are asked for when its writer pauses, and what is accepted goes into the form. */
"use strict";

/* 150 ms without a key is a pause. At most one question a second, so that slow typing never uses up the requests of a minute. */
const PAUSE = 150, APART = 1000;
const panel = document.getElementById("suggestions");
let timer = null, asked = -Infinity;
function pause() {
  asked = performance.now();
  htmx.trigger(panel, "pause");
}
function wait() {
  clearTimeout(timer);
  timer = setTimeout(pause, Math.max(PAUSE, asked + APART - performance.now()));
}
document.querySelectorAll("[data-words]").forEach((field) => field.addEventListener("input", wait));
document.getElementById("category_id").addEventListener("change", wait);

const valuesOf = (text) => text.split(",").map((value) => value.trim()).filter(Boolean);
document.addEventListener("tag-taken", (event) => {
  const { attribute, value, is_several } = event.detail;
  const field = document.querySelector(`[data-takes="${CSS.escape(attribute)}"]`);
  if (!field) return;
  field.value = is_several ? [...new Set([...valuesOf(field.value), value])].join(", ") : value;
  fit();
});

/* After a comma the list offers the next value, not another first one. */
document.querySelectorAll("[data-several]").forEach((field) => field.addEventListener("input", () => {
  const said = field.value.slice(0, field.value.lastIndexOf(",") + 1);
  for (const option of field.list.options) {
    option.dataset.value ??= option.value;
    option.value = said ? `${said} ${option.dataset.value}` : option.dataset.value;
  }
}));

/* Fields that the chosen category does not have make way, unless they are filled in. */
function fit() {
  const attributes = document.getElementById("category-attributes").dataset.attributes.split(" ");
  document.querySelectorAll("[data-attribute]").forEach((field) => {
    const isLacking = !attributes.includes(field.dataset.attribute);
    field.querySelector("[data-lacking]").hidden = !isLacking;
    field.hidden = isLacking && !field.querySelector("input").value.trim();
  });
}
document.addEventListener("htmx:afterSettle", fit);
document.addEventListener("htmx:afterSwap", (event) => {
  const answered = document.querySelector("[data-answered]:not([data-seen])");
  if (answered && event.detail.requestConfig.path.includes("/answers/")) { answered.dataset.seen = ""; answered.focus(); }
});

/* A photograph goes up as soon as it is chosen, made small enough first: phones take pictures of many megabytes. */
const LARGEST_SIDE = 1200, LARGEST_BYTES = 1_000_000;
async function small(file) {
  if (file.size <= LARGEST_BYTES) return file;
  const bitmap = await createImageBitmap(file);
  const shrink = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * shrink), Math.round(bitmap.height * shrink));
  const drawing = canvas.getContext("2d");
  /* A JPEG has no transparency: what is cut out would stand on black. */
  drawing.fillStyle = "white";
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  drawing.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.88 });
}
const photo = document.getElementById("photo");
photo.addEventListener("change", async () => {
  if (!photo.files.length) return;
  const body = new FormData();
  body.append("listing_id", photo.dataset.listing);
  const shown = document.getElementById("photo-shown");
  try {
    body.append("photo", await small(photo.files[0]), "photo");
    const token = document.querySelector('meta[name="csrf-token"]').content;
    showLine();
    const answer = await fetch(photo.dataset.upload, { method: "POST", body, headers: { "X-CSRF-Token": token, "HX-Request": "true" } });
    if (!answer.ok) throw new Error(answer.status);
    shown.innerHTML = await answer.text();
    photo.value = "";
    pause();
  } catch (error) {
    say("The photograph could not be sent; it will be sent when you save.");
  } finally { hideLine(); }
});
