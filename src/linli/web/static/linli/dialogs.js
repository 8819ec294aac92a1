/** Native dialogs: opened by data-open="<id>", closed by data-close, and asked with `ask`. */
import { text } from "./texts.js";

/**
 * Asks before a deed.
 * @param {string} question
 * @returns {Promise<boolean>} whether the reader agreed
 */
export function ask(question) {
  const dialog = document.createElement("dialog");
  dialog.className = "ll-dialog";
  const said = document.createElement("p");
  said.className = "ll-dialog__body";
  said.id = `ask-${Date.now()}`;
  said.textContent = question;
  dialog.setAttribute("aria-labelledby", said.id);
  const choices = document.createElement("form");
  choices.method = "dialog";
  choices.className = "ll-buttons ll-buttons--end";
  choices.append(choice("cancel", "secondary"), choice("confirm", "primary"));
  dialog.append(said, choices);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "confirm");
      dialog.remove();
    });
  });
}

/** @param {"cancel"|"confirm"} value @param {string} kind */
function choice(value, kind) {
  const button = document.createElement("button");
  button.value = value;
  button.className = `ll-button ll-button--${kind}`;
  button.textContent = text(value);
  return button;
}

export function listenToDialogs() {
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const opener = target.closest("[data-open]");
    if (opener) /** @type {HTMLDialogElement} */ (document.getElementById(opener.dataset.open))?.showModal();
    if (target.closest("[data-close]")) target.closest("dialog")?.close();
    const confirmed = target.closest("[data-confirmed]");
    if (confirmed) {
      const dialog = confirmed.closest("dialog");
      dialog.close("confirmed");
      dialog.dispatchEvent(new CustomEvent("linli:confirmed", { bubbles: true }));
    }
    // a click beside a dialog closes it, as people expect of a drawer
    if (target.matches("dialog.ll-drawer")) /** @type {HTMLDialogElement} */ (target).close();
  });
}
