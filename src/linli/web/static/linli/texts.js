/** The words of the scripts, in the page's language: attributes data-text-… of <template id="texts">, so called
 * that nothing which looks for elements by their data finds this one. */
const texts = document.getElementById("texts")?.dataset ?? {};

/** @param {string} name @returns {string} */
export const text = (name) => texts[`text${name[0].toUpperCase()}${name.slice(1)}`] ?? "";

/**
 * Shows a short message in the corner; it leaves by itself unless it is an error.
 * @param {string} said @param {"info"|"success"|"warning"|"error"} tone
 */
export function toast(said, tone = "info") {
  const place = document.getElementById("toasts");
  if (!place || !said) return;
  const box = document.createElement("div");
  box.className = `ll-toast ll-toast--${tone}`;
  const line = document.createElement("p");
  line.textContent = said;
  box.append(line, iconButton("close", text("close"), { dismiss: "" }));
  place.append(box);
  if (tone !== "error") setTimeout(() => box.remove(), 8000);
}

/** @param {string} name an icon of the sprite @returns {SVGSVGElement} */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("class", "ll-icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${asset("icons")}#${name}`);
  drawing.append(use);
  return drawing;
}

/** @param {string} name @param {string} label @param {Record<string, string>} data */
export function iconButton(name, label, data = {}) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ll-icon-button";
  button.setAttribute("aria-label", label);
  button.title = label;
  Object.assign(button.dataset, data);
  button.append(icon(name));
  return button;
}

/** The address of a third-party file, as the page names it. @param {string} name */
export function asset(name) {
  return document.querySelector("meta[name=linli-assets]")?.dataset[name] ?? "";
}
