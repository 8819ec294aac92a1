/** htmx: the CSRF token, where refusals go, how far an upload is, what to say when the network fails. */
import { ask } from "./dialogs.js";
import { release, renew } from "./forms.js";
import { text, toast } from "./texts.js";

/** @param {(root: ParentNode) => void} enhance what to do with content that has just arrived */
export function listenToHtmx(enhance) {
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, headers } = event.detail;
    headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]")?.content ?? "";
    const place = elt.closest("[data-messages]")?.dataset.messages;
    if (place) headers["Linli-Messages"] = place;
  });
  document.addEventListener("htmx:confirm", (event) => {
    const { question, issueRequest } = event.detail;
    if (!question) return;
    event.preventDefault();
    ask(question).then((agreed) => { if (agreed) issueRequest(true); });
  });
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) enhance(event.detail.elt);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest("form");
    if (!form) return;
    release(form);
    if (event.detail.successful) renew(form);
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.closest?.("form")?.querySelector("progress[data-upload]");
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.max = event.detail.total;
    bar.value = event.detail.loaded;
  });
  document.addEventListener("htmx:sendError", () => toast(text("offline"), "error"));
  document.addEventListener("htmx:timeout", () => toast(text("timeout"), "error"));
  document.addEventListener("linli:toast", (event) => toast(event.detail.text, event.detail.tone));
}
