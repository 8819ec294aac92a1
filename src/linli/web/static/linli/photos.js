/** Photos open large: arrow keys turn, Escape closes, the focus returns to the thumbnail. */
import { iconButton, text } from "./texts.js";

export function listenToPhotos() {
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("[data-lightbox] a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const links = [...link.closest("[data-lightbox]").querySelectorAll("a")];
    show(links, links.indexOf(link));
  });
}

/** @param {HTMLAnchorElement[]} links @param {number} first */
function show(links, first) {
  const dialog = document.createElement("dialog");
  dialog.className = "ll-lightbox";
  const head = document.createElement("header");
  const count = document.createElement("span");
  const close = iconButton("close", text("close"), { close: "" });
  head.append(count, close);
  const image = document.createElement("img");
  const said = document.createElement("p");
  said.setAttribute("aria-live", "polite");
  dialog.append(head, image, said);
  let at = first;
  const turn = (by) => {
    at = (at + by + links.length) % links.length;
    image.src = links[at].href;
    image.alt = said.textContent = links[at].dataset.caption ?? "";
    count.textContent = `${at + 1} / ${links.length}`;
  };
  if (links.length > 1) {
    const back = iconButton("back", text("previous"));
    const next = iconButton("next", text("next"));
    back.classList.add("ll-lightbox__back");
    next.classList.add("ll-lightbox__next");
    back.addEventListener("click", () => turn(-1));
    next.addEventListener("click", () => turn(1));
    image.after(back, next);
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") turn(-1);
      if (event.key === "ArrowRight") turn(1);
    });
  }
  turn(0);
  document.body.append(dialog);
  dialog.showModal();
  dialog.addEventListener("close", () => {
    dialog.remove();
    links[at].focus();
  });
}
