/** What only the portal does: one's own position, copying the link, printing the slip, finding a matter. */
import { text, toast } from "../linli/texts.js";

/** @param {string} name @param {(found: HTMLElement) => void} act */
function each(name, act) {
  for (const found of document.querySelectorAll(`[data-portal-${name}]`)) act(/** @type {HTMLElement} */ (found));
}

/** Buttons that need scripts are shown only by them. */
function show() {
  if (navigator.geolocation) each("here", (button) => { button.hidden = false; });
  each("copy", (button) => { button.hidden = false; });
  each("print", (button) => { button.hidden = false; });
  each("filter", (field) => { field.hidden = false; });
}

/** @param {HTMLElement} button */
function goHere(button) {
  const said = document.querySelector("[data-portal-here-said]");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const address = new URL(button.closest("form").action);
      address.searchParams.set("lng", coords.longitude.toFixed(6));
      address.searchParams.set("lat", coords.latitude.toFixed(6));
      location.assign(address);
    },
    () => { said.textContent = text("noPosition"); },
    { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
  );
}

/** @param {HTMLElement} button */
async function copy(button) {
  const field = /** @type {HTMLInputElement} */ (document.getElementById(button.dataset.portalCopy));
  const said = document.querySelector("[data-portal-copied]");
  field.select();
  // the clipboard of the page exists only on https; the old command also works on a town's plain http
  const copied = navigator.clipboard
    ? await navigator.clipboard.writeText(field.value).then(() => true, () => false)
    : document.execCommand("copy");
  said.textContent = copied ? said.dataset.done : said.dataset.failed;
}

/** Shows the matters whose name or keywords hold what is typed. @param {string} wanted */
function filter(wanted) {
  each("category", (category) => {
    let shown = 0;
    for (const one of category.querySelectorAll("[data-portal-matter]")) {
      one.hidden = Boolean(wanted) && !one.dataset.portalMatter.includes(wanted);
      shown += one.hidden ? 0 : 1;
    }
    category.hidden = !shown;
    category.open = Boolean(wanted) && shown > 0;
  });
}

/**
 * Pages behind a private link send no referrer, and a plain form of such a page no origin, which the switch of
 * language asks for; a request by script sends it.
 * @param {HTMLFormElement} form
 */
async function switchLanguage(form, submitter) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form, submitter) }).catch(() => null);
  if (answer?.ok) location.reload();
  else toast(text("offline"), "error");
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const here = target.closest("[data-portal-here]");
  if (here) goHere(/** @type {HTMLElement} */ (here));
  const copied = target.closest("[data-portal-copy]");
  if (copied) copy(/** @type {HTMLElement} */ (copied));
  if (target.closest("[data-portal-print]")) window.print();
});
document.addEventListener("input", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (field.id === "matter-filter") filter(field.value.trim());
});
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches(".ll-language")) return;
  event.preventDefault();
  switchLanguage(form, event.submitter);
});
document.addEventListener("htmx:load", show);
show();
