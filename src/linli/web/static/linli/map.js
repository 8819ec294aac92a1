/**
 * Maps of the city's own areas: no tiles from elsewhere, so they work without the internet.
 *
 * areas:  FeatureCollection of (Multi)Polygons; properties code, name, optional url, shade (0–4), detail
 * points: FeatureCollection of Points; properties name, optional url, tone (info warning danger success neutral)
 *
 * Drawn by MapLibre where there is WebGL 2, else as SVG; both answer to the same four calls.
 * On the element: `linli:pick` {longitude, latitude} when a place is chosen.
 *
 * @typedef {import("./drawing.js").Place} Place
 * @typedef {import("./drawing.js").Drawing} Drawing
 */
import { asset, text, toast } from "./texts.js";

/** @type {WeakMap<Element, Promise<Drawing>>} */
const drawings = new WeakMap();

/** @param {ParentNode} root */
export function enhanceMaps(root) {
  for (const element of root.querySelectorAll("[data-map]:not([data-enhanced])")) {
    element.dataset.enhanced = "yes";
    drawings.set(element, draw(element));
  }
  for (const picker of root.querySelectorAll("[data-pin]:not([data-enhanced])")) {
    picker.dataset.enhanced = "yes";
    enhancePicker(picker);
  }
}

/** @param {HTMLElement} element @returns {Promise<Drawing>} */
async function draw(element) {
  const [areas, points] = await Promise.all([read(element.dataset.areas), read(element.dataset.points)]);
  const drawing = await renderer(element, areas);
  drawing.points(points);
  element.querySelector(".ll-map__wait")?.remove();
  const seconds = Number(element.dataset.refresh);
  if (seconds) setInterval(() => refresh(element, drawing), seconds * 1000);
  return drawing;
}

/** @param {HTMLElement} element @param {Drawing} drawing */
async function refresh(element, drawing) {
  if (document.hidden || !element.isConnected) return;
  const [areas, points] = await Promise.all([read(element.dataset.areas), read(element.dataset.points)]);
  // what could not be read stays as it was
  if (areas.features.length) drawing.areas(areas);
  if (element.dataset.points) drawing.points(points);
}

/** @param {string | undefined} url an address, or #id of a JSON script in the page */
async function read(url) {
  const nothing = { type: "FeatureCollection", features: [] };
  if (!url) return nothing;
  if (url.startsWith("#")) return JSON.parse(document.getElementById(url.slice(1)).textContent);
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) return answer.json();
  toast(text("offline"), "error");
  return nothing;
}

/** @param {HTMLElement} element @param {object} areas @returns {Promise<Drawing>} */
async function renderer(element, areas) {
  if (hasWebGl()) {
    const { drawWithGl } = await import("./map_gl.js");
    const drawing = await drawWithGl(element, areas, asset).catch(() => null);
    if (drawing) return drawing;
  }
  const { drawWithSvg } = await import("./map_svg.js");
  return drawWithSvg(element, areas);
}

function hasWebGl() {
  return Boolean(document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true }));
}

/** Joins the map, the inputs, the search and the button "my position". @param {HTMLElement} picker */
function enhancePicker(picker) {
  const map = picker.querySelector("[data-map]");
  const [longitude, latitude] = picker.querySelectorAll(".ll-pin__numbers input");
  const said = picker.querySelector("[data-pin-said]");
  const place = () => /** @type {Place} */ ([Number(longitude.value), Number(latitude.value)]);

  /** @param {Place} at @param {boolean} look */
  const put = async (at, look) => {
    longitude.value = at[0].toFixed(6);
    latitude.value = at[1].toFixed(6);
    longitude.dispatchEvent(new Event("input", { bubbles: true }));
    const drawing = await drawings.get(map);
    drawing.pin(at);
    if (look) drawing.look(at);
    said.textContent = await nameOf(picker.dataset.locate, at);
  };

  map.addEventListener("linli:pick", (event) => put([event.detail.longitude, event.detail.latitude], false));
  for (const input of [longitude, latitude]) {
    input.addEventListener("change", () => { if (longitude.value && latitude.value) put(place(), true); });
  }
  picker.querySelector("[data-pin-here]").addEventListener("click", () => {
    const failed = () => { said.textContent = text("noPosition"); };
    if (!navigator.geolocation) return failed();
    return navigator.geolocation.getCurrentPosition(
      ({ coords }) => put([coords.longitude, coords.latitude], true), failed,
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
    );
  });
  const search = picker.querySelector("[data-pin-search]");
  if (search) listenToSearch(picker, search, said, put);
  if (longitude.value && latitude.value) put(place(), true);
}

/**
 * @param {HTMLElement} picker @param {HTMLInputElement} search @param {HTMLElement} said
 * @param {(at: Place, look: boolean) => void} put
 */
function listenToSearch(picker, search, said, put) {
  /** @type {Map<string, Place>} */
  const known = new Map();
  let waiting = 0;
  const look = async () => {
    const asked = search.value.trim();
    if (known.has(asked)) return put(known.get(asked), true);
    if (asked.length < 2) return undefined;
    const url = new URL(picker.dataset.search, location.href);
    url.searchParams.set("q", asked);
    const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    const found = answer?.ok ? await answer.json() : [];
    found.forEach((one) => known.set(one.name, [one.longitude, one.latitude]));
    search.list.replaceChildren(...found.map((one) => new Option(one.name, one.name)));
    said.textContent = found.length ? "" : text("noMatch");
    return undefined;
  };
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 250);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // Enter chooses the place, it does not send the report
    look();
  });
}

/** @param {string} url @param {Place} at @returns {Promise<string>} what the place is called */
async function nameOf(url, [longitude, latitude]) {
  if (!url) return "";
  const address = new URL(url, location.href);
  address.searchParams.set("longitude", String(longitude));
  address.searchParams.set("latitude", String(latitude));
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer) return text("offline");
  const told = await answer.json().catch(() => ({}));
  return answer.ok ? told.name : told.detail ?? text("outside");
}
