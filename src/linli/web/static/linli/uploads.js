/**
 * File inputs: <input class="ll-input" type="file" data-max-mb="10">. The browser's own control stays, unseen, over
 * one in our words: its label, keyboard, dialog and drop are kept. What was chosen is shown, and can be taken out
 * again before sending. With data-photos, pictures are made smaller here (which also drops their GPS position).
 */
import { icon, iconButton, text, toast } from "./texts.js";

const LONGEST_EDGE = 2048;
const QUALITY = 0.85;

/** @param {ParentNode} root */
export function enhanceUploads(root) {
  for (const input of root.querySelectorAll("input[type=file].ll-input:not([data-enhanced])")) {
    input.dataset.enhanced = "yes";
    const control = cover(input);
    const list = document.createElement("ul");
    list.className = "ll-upload__list";
    const said = document.createElement("p");
    said.className = "ll-help";
    said.setAttribute("role", "status");
    control.after(list, said);
    /** @type {File[]} */
    const kept = [];
    input.addEventListener("change", () => take(input, kept, list, said));
  }
}

/** Puts the input over a control of our own. @param {HTMLInputElement} input @returns {HTMLElement} */
function cover(input) {
  const control = document.createElement("div");
  control.className = "ll-file";
  const face = document.createElement("span");
  face.className = "ll-button ll-button--secondary ll-file__button";
  const isPhotos = "photos" in input.dataset;
  face.append(icon(isPhotos ? "camera" : "upload"), text(isPhotos ? "choosePhotos" : "chooseFile"));
  const hint = document.createElement("span");
  hint.className = "ll-file__hint";
  hint.textContent = text("drop");
  for (const part of [face, hint]) part.setAttribute("aria-hidden", "true");
  input.replaceWith(control);
  control.append(face, hint, input);
  return control;
}

/** @param {HTMLInputElement} input @param {File[]} kept @param {HTMLUListElement} list @param {HTMLElement} said */
async function take(input, kept, list, said) {
  const chosen = [...input.files].filter((file) => !kept.includes(file));
  if (!input.multiple && chosen.length) kept.length = 0;
  const form = input.form;
  if (form) form.dataset.sending = "photos"; // nothing is sent half-shrunk
  const isPhotos = "photos" in input.dataset;
  const most = Number(input.dataset.maxMb || (isPhotos ? 10 : Infinity)) * 1024 * 1024;
  let done = 0;
  for (const file of chosen) {
    if (isPhotos) said.textContent = `${text("shrinking")} ${(done += 1)} / ${chosen.length}`;
    const small = isPhotos ? await shrink(file) : file;
    if (small.size > most) toast(`${file.name}：${text("tooLarge")}`, "error");
    else kept.push(small);
  }
  said.textContent = kept.length ? `${text("chosen")} ${kept.length}` : "";
  if (form) delete form.dataset.sending;
  show(input, kept, list);
}

/** @param {File} file @returns {Promise<File>} the photo as JPEG, or the file as it was when that is smaller */
async function shrink(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!bitmap) return file; // a broken picture: the server says what is wrong with it
  const scale = Math.min(1, LONGEST_EDGE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", QUALITY); });
  if (!blob) return file;
  return new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" });
}

/** @param {HTMLInputElement} input @param {File[]} kept @param {HTMLUListElement} list */
function show(input, kept, list) {
  const files = new DataTransfer();
  kept.forEach((file) => files.items.add(file));
  input.files = files.files;
  kept.splice(0, kept.length, ...input.files);
  list.replaceChildren(...kept.map((file) => {
    const item = document.createElement("li");
    item.className = "ll-upload__item";
    if (file.type.startsWith("image/")) {
      const image = document.createElement("img");
      image.alt = "";
      image.src = URL.createObjectURL(file);
      image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
      item.append(image);
    } else {
      item.classList.add("ll-upload__item--file");
      item.append(icon("file"));
    }
    const name = document.createElement("p");
    name.textContent = `${file.name} · ${Math.max(1, Math.round(file.size / 1024))} KB`;
    const remove = iconButton("close", `${text("remove")} ${file.name}`);
    remove.addEventListener("click", () => {
      kept.splice(kept.indexOf(file), 1);
      show(input, kept, list);
      input.focus();
    });
    item.append(name, remove);
    return item;
  }));
}
