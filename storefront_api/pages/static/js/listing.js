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

document.addEventListener("tag-taken", (event) => {
  const field = document.querySelector(`[data-takes="${CSS.escape(event.detail.attribute)}"]`);
  if (field) field.value = event.detail.value;
});
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
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
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
