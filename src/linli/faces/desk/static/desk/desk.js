/** The desk: moves in the side panel, the keyboard, choosing many rows. */
import { enhancePickers, pick } from "./picker.js";
import { followRound, offerNext } from "./round.js";

const side = /** @type {HTMLDialogElement} */ (document.getElementById("side"));
const body = document.getElementById("side-body");

/** The part of the page that a move changes: the list, or the case. */
const changing = () => document.querySelector("#worklist, #case");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== body || !body.firstElementChild) return;
  enhancePickers(body);
  if (!side.open) side.showModal();
  side.scrollTop = 0;
  if (!body.querySelector("[data-focus]")) focusFirst();
});

function focusFirst() {
  const first = body.querySelector("textarea, input:not([type=hidden], [type=file], [role=combobox]), button[type=submit]");
  /** @type {HTMLElement | null} */ (first)?.focus();
}

document.addEventListener("desk:moved", () => {
  body.replaceChildren(); // what was sent must not come back into view
  side.close();
  renew();
});
document.addEventListener("desk:changed", () => renew());

/** Loads the list or the case anew, and puts the focus where it was. */
async function renew() {
  const part = changing();
  if (!part) return;
  const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
  const at = rows.indexOf(document.activeElement?.closest("tr") ?? last);
  await window.htmx.ajax("GET", location.href, { target: part, select: `#${part.id}`, swap: "outerHTML" });
  const after = document.querySelectorAll("[data-rows] .ll-table__link");
  if (at >= 0 && after.length) after[Math.min(at, after.length - 1)].focus();
  followRound();
  offerNext();
}

/** The row from which the panel was opened. @type {Element | null} */
let last = null;

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const quick = target.closest("[data-quick]");
  if (quick) last = quick.closest("tr");
  if (target.closest("[data-side-close]") && side.open) {
    event.preventDefault();
    side.close();
  }
  if (target === side) side.close(); // beside the panel
  if (target.closest("[data-print]")) window.print();
  const suggestion = target.closest("[data-pick]");
  if (suggestion) choose(suggestion);
  for (const menu of document.querySelectorAll(".desk-offers__more[open]")) {
    if (target.closest(".desk-offers__more [hx-get]")) menu.removeAttribute("open");
  }
});

/** @param {HTMLElement} suggestion */
function choose(suggestion) {
  const field = document.getElementById(suggestion.dataset.pick);
  if (field instanceof HTMLSelectElement) pick(field, suggestion.dataset.value, suggestion.textContent);
  else if (field instanceof HTMLInputElement) field.value = suggestion.dataset.value;
}

document.addEventListener("change", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.matches("[data-refresh]")) refresh(/** @type {HTMLSelectElement} */ (target));
  if (target.matches("[name=chosen]")) count();
});

/** Another matter has other responsible units: the form is made anew with what has been entered. */
function refresh(select) {
  const form = select.closest("form");
  if (!form || !form.closest("#side-body")) return;
  const entered = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !["csrfmiddlewaretoken", "lead"].includes(name)) entered.append(name, value);
  }
  entered.set("refresh", "1");
  const address = new URL(form.action, location.href);
  for (const [name, value] of entered) address.searchParams.append(name, value);
  window.htmx.ajax("GET", address.pathname + address.search, { target: "#side-body" });
}

/** Says how many rows are chosen, and lets the moves on many be pressed. */
function count() {
  const said = document.querySelector("[data-chosen-count]");
  if (!said) return;
  said.dataset.idle ??= said.textContent;
  const chosen = document.querySelectorAll("[name=chosen]:checked").length;
  said.textContent = chosen ? `${chosen} / ${document.querySelectorAll("[name=chosen]").length}` : said.dataset.idle;
  for (const button of document.querySelectorAll("[data-needs-chosen]")) button.disabled = !chosen;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = document.activeElement?.closest("form.desk-form");
    if (form) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[type=submit]"));
    }
    return;
  }
  const target = /** @type {Element} */ (event.target);
  const writes = target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (writes || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (localStorage.getItem("linli:keys-off")) return;
  if (event.key === "m") {
    const quick = document.activeElement?.closest("[data-rows] tr")?.querySelector("[data-quick]");
    if (quick) {
      event.preventDefault();
      /** @type {HTMLElement} */ (quick).click();
    }
  }
});

/* while a report is taken down: what its words and place point to, half a second after the last key */
let waiting = 0;
document.addEventListener("input", (event) => {
  const form = /** @type {Element} */ (event.target).closest("form[data-report]");
  if (!form || !["text", "lng", "lat"].includes(/** @type {HTMLInputElement} */ (event.target).name)) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => document.getElementById("likely")?.dispatchEvent(new Event("linli:entered")), 500);
});

document.addEventListener("htmx:load", (event) => {
  enhancePickers(event.detail.elt.parentNode ?? document);
  count();
});
/** The desk's own keys stand with the others in the list that ? opens. */
function listKeys() {
  const list = document.querySelector("#shortcuts .ll-keys");
  const said = document.getElementById("desk-texts").dataset;
  for (const [key, text] of [["m", said.keyMove], ["1–9", said.keyDigit], ["Ctrl Enter", said.keySend], ["n", said.keyNext], ["b", said.keyBack], ["u", said.keyList]]) {
    const term = document.createElement("dt");
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    term.append(kbd);
    const meaning = document.createElement("dd");
    meaning.textContent = text;
    list?.append(term, meaning);
  }
}

listKeys();
followRound();
enhancePickers(document);
count();
