/** Forms: sent once, never lost. */
import { ask } from "./dialogs.js";
import { text, toast } from "./texts.js";

const changed = new WeakSet();

/** A random UUID (v4); crypto.randomUUID exists only on https, and towns run this on http too. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Gives the form a new client_id after it was taken. @param {HTMLFormElement} form */
export function renew(form) {
  changed.delete(form);
  const id = form.querySelector("input[name=client_id]");
  if (id) id.value = uuid();
}

/** Lets the form be sent again. @param {HTMLFormElement} form */
export function release(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

export function listenToForms() {
  document.addEventListener("input", (event) => {
    const form = /** @type {Element} */ (event.target).closest("form[data-unsaved]");
    if (form) changed.add(form);
  });
  // capturing: the guard stands before htmx and before the browser's own sending
  document.addEventListener("submit", guard, { capture: true });
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest(".ll-message a[href^='#']");
    const field = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!field) return;
    event.preventDefault();
    field.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  });
  window.addEventListener("beforeunload", (event) => {
    const forms = [...document.querySelectorAll("form[data-unsaved]")];
    if (forms.some((form) => changed.has(form) && !form.dataset.sending)) event.preventDefault();
  });
  // a page that comes back from the browser's memory must be usable again
  window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach(release));
}

/** @param {SubmitEvent} event */
function guard(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const writes = form.method === "post" || form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]");
  if (!writes) return;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !form.dataset.agreed) {
    stop(event);
    ask(question).then((agreed) => {
      if (!agreed) return;
      form.dataset.agreed = "yes";
      form.requestSubmit(event.submitter);
    });
    return;
  }
  delete form.dataset.agreed;
  if (form.dataset.sending) {
    stop(event);
    toast(text("double"), "warning");
    return;
  }
  form.dataset.sending = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
}

/** @param {Event} event */
function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
