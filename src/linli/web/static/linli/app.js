/** Starts what a page needs: listeners on the document, and parts that are enhanced where they stand. */
import { listenToDialogs } from "./dialogs.js";
import { listenToForms } from "./forms.js";
import { listenToHtmx } from "./exchange.js";
import { listenToKeys } from "./keys.js";
import { listenToPhotos } from "./photos.js";
import { enhanceUploads } from "./uploads.js";

/** @param {ParentNode} root the document, or what htmx has just put in */
async function enhance(root) {
  const within = root.parentNode ?? root; // the arrived element may itself be the part
  enhanceUploads(within);
  for (const button of within.querySelectorAll("[data-unfold]")) button.hidden = false; // only a script can unfold
  for (const tab of within.querySelectorAll(".ll-tabs [aria-current]")) bringIntoSight(tab);
  (root.matches?.("[data-focus]") ? root : root.querySelector("[data-focus]"))?.focus();
  if (within.querySelector("[data-map]")) (await import("./map.js")).enhanceMaps(within);
  if (within.querySelector("[data-chart]")) (await import("./charts.js")).enhanceCharts(within);
}

/** Scroll a strip that is longer than the screen to its current tab; the page stays where it is. @param {Element} tab */
function bringIntoSight(tab) {
  const strip = tab.closest(".ll-tabs"), here = tab.getBoundingClientRect(), seen = strip.getBoundingClientRect();
  strip.scrollLeft += here.left + here.width / 2 - seen.left - seen.width / 2;
}

function tickClocks() {
  const clocks = document.querySelectorAll("[data-clock]");
  if (!clocks.length) return;
  const form = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Shanghai",
  });
  const tick = () => clocks.forEach((clock) => { clock.textContent = form.format(new Date()); });
  tick();
  setInterval(tick, 5000);
}

function listenToShell() {
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-reload]")) location.reload();
    if (target.closest("[data-back]")) history.back();
    const unfold = target.closest("[data-unfold]");
    if (unfold) unfold.setAttribute("aria-expanded", String(unfold.getAttribute("aria-expanded") === "false"));
    if (target.closest("[data-dismiss]")) target.closest(".ll-toast")?.remove();
    if (target.closest("[data-full-screen]")) {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen();
    }
    for (const menu of document.querySelectorAll(".ll-menu[open]")) {
      if (!menu.contains(target)) menu.removeAttribute("open");
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector(".ll-menu[open]");
    menu?.removeAttribute("open");
    menu?.querySelector("summary")?.focus();
  });
  document.addEventListener("change", (event) => {
    const all = /** @type {HTMLInputElement} */ (event.target);
    if (!all.matches("[data-check-all]")) return;
    for (const one of all.closest("table").querySelectorAll("input[name=chosen]")) {
      one.checked = all.checked;
      one.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}

listenToShell();
listenToDialogs();
listenToForms();
listenToHtmx(enhance);
listenToKeys();
listenToPhotos();
tickClocks();
enhance(document);
