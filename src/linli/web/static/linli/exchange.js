/** htmx: the CSRF token, where refusals go, what to say when the network fails. */
import { ask } from "./dialogs.js";
import { release, renew } from "./forms.js";
import { text, toast } from "./texts.js";

/** @param {(root: ParentNode) => void} enhance what to do with content that has just arrived */
export function listenToHtmx(enhance) {
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const headers = ctx.request.headers;
    headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]")?.content ?? "";
    const place = ctx.sourceElement.closest("[data-messages]")?.dataset.messages;
    if (place) headers["Linli-Messages"] = place;
  });
  document.addEventListener("htmx:confirm", (event) => {
    event.preventDefault();
    const { ctx, issueRequest, dropRequest } = event.detail;
    ask(ctx.confirm).then((agreed) => (agreed ? issueRequest() : dropRequest()));
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail.ctx.target;
    if (target instanceof Element) enhance(target.isConnected ? target : document);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const { ctx } = event.detail;
    const form = ctx.request?.form;
    if (!form) return;
    release(form);
    if (ctx.response?.status < 300) renew(form);
  });
  document.addEventListener("htmx:error", (event) => {
    const { ctx } = event.detail;
    if (!ctx) return;
    toast(ctx.request?.signal?.reason === "timeout" ? text("timeout") : text("offline"), "error");
  });
  document.addEventListener("linli:toast", (event) => toast(event.detail.text, event.detail.tone));
}
