/** The keyboard: / searches, j k move, x chooses, n turns the page, g and a letter go somewhere, ? explains. */
import { text } from "./texts.js";

const OFF = "linli:keys-off";
let goes = false;

export function listenToKeys() {
  document.addEventListener("keydown", onKey);
  const choice = document.querySelector("[data-keys]");
  if (!choice) return;
  choice.checked = !localStorage.getItem(OFF);
  choice.addEventListener("change", () => {
    if (choice.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  });
  listPlaces();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = /** @type {Element} */ (event.target);
  const writes = target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || writes) return;
  if (document.querySelector("dialog[open]") || localStorage.getItem(OFF)) return;
  if (goes) {
    goes = false;
    follow(event, `[data-go="${CSS.escape(event.key)}"]`);
    return;
  }
  if (event.key === "g") {
    goes = true;
    setTimeout(() => { goes = false; }, 1500);
  } else if (event.key === "j" || event.key === "k") step(event, event.key === "j" ? 1 : -1);
  else if (event.key === "x") choose(event);
  else if (event.key === "?") /** @type {HTMLDialogElement} */ (document.getElementById("shortcuts"))?.showModal();
  else follow(event, `[data-shortcut="${CSS.escape(event.key)}"]`);
}

/** @param {KeyboardEvent} event @param {string} selector */
function follow(event, selector) {
  const found = /** @type {HTMLElement} */ (document.querySelector(selector));
  if (!found) return;
  event.preventDefault();
  if (found.matches("input, textarea")) {
    found.focus();
    found.select();
  } else found.click();
}

/** @param {KeyboardEvent} event @param {1|-1} by */
function step(event, by) {
  const links = [...document.querySelectorAll("[data-rows] .ll-table__link")];
  if (!links.length) return;
  event.preventDefault();
  const here = document.activeElement?.closest("tr")?.querySelector(".ll-table__link");
  const next = here ? links.indexOf(here) + by : by > 0 ? 0 : links.length - 1;
  const link = links[Math.min(Math.max(next, 0), links.length - 1)];
  link.focus({ preventScroll: true });
  link.closest("tr").scrollIntoView({ block: "nearest" });
}

/** @param {KeyboardEvent} event */
function choose(event) {
  const box = document.activeElement?.closest("[data-rows] tr")?.querySelector("input[name=chosen]");
  if (!box) return;
  event.preventDefault();
  box.click();
}

/** Tells the reader which letters go where; the places differ by role. */
function listPlaces() {
  const list = document.querySelector("[data-go-list]");
  for (const link of document.querySelectorAll("nav [data-go]")) {
    const term = document.createElement("dt");
    for (const key of ["g", link.dataset.go]) {
      const kbd = document.createElement("kbd");
      kbd.textContent = key;
      term.append(kbd, " ");
    }
    const said = document.createElement("dd");
    said.textContent = `${text("go")} ${link.textContent.trim()}`;
    list?.append(term, said);
  }
}
