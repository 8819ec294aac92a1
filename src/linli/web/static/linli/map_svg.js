/** The map as SVG: for machines without WebGL. Drag and wheel, or arrow keys, + and −; Enter picks the middle. */
import { iconButton } from "./texts.js";

const SPACE = "http://www.w3.org/2000/svg";
const LABEL_PIXELS = 12;

/** @typedef {import("./drawing.js").Place} Place */

/**
 * Plate carrée, narrowed by the cosine of the middle latitude: true enough over one city.
 * @param {object} areas @returns {{to: (at: Place) => Place, from: (at: Place) => Place, size: Place}}
 */
function projection(areas) {
  const places = areas.features.flatMap((feature) => rings(feature.geometry).flat());
  const [west, south, east, north] = bounds(places.length ? places : [[73, 18], [135, 54]]);
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = 1000 / Math.max((east - west) * narrow, north - south, 1e-6);
  return {
    to: ([longitude, latitude]) => [(longitude - west) * narrow * scale, (north - latitude) * scale],
    from: ([x, y]) => [x / (narrow * scale) + west, north - y / scale],
    size: [(east - west) * narrow * scale, (north - south) * scale],
  };
}

/** @param {Place[]} places @returns {[number, number, number, number]} */
function bounds(places) {
  return places.reduce(
    ([west, south, east, north], [x, y]) => [Math.min(west, x), Math.min(south, y), Math.max(east, x), Math.max(north, y)],
    [Infinity, Infinity, -Infinity, -Infinity],
  );
}

/** @param {{type: string, coordinates: any}} geometry @returns {Place[][]} */
function rings(geometry) {
  if (geometry.type === "Polygon") return geometry.coordinates;
  if (geometry.type === "MultiPolygon") return geometry.coordinates.flat();
  return [];
}

/** @param {string} name @param {Record<string, string | number>} attributes */
function element(name, attributes) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** @param {HTMLElement} host @param {object} first @returns {import("./drawing.js").Drawing} */
export function drawWithSvg(host, first) {
  const svg = element("svg", { class: "ll-map__drawing", tabindex: 0, role: "group", "aria-label": host.ariaLabel ?? "" });
  const layers = ["areas", "labels", "points", "pin"].map((name) => element("g", { "data-layer": name }));
  const [areaLayer, labelLayer, pointLayer, pinLayer] = layers;
  svg.append(...layers);
  host.append(svg);
  const plan = projection(first);
  const view = viewOf(svg, plan.size, scaleMarks);

  /** Marks and labels keep their size on the screen; labels that would not fit in their area stay away. */
  function scaleMarks() {
    const unit = view.unit();
    svg.querySelectorAll("circle, [data-mark]").forEach((mark) => {
      mark.setAttribute("transform", `translate(${mark.dataset.x} ${mark.dataset.y}) scale(${unit})`);
    });
    labelLayer.querySelectorAll("text").forEach((label) => {
      const room = Number(label.dataset.room) / unit;
      label.style.display = room > label.textContent.length * LABEL_PIXELS + 4 ? "" : "none";
      label.setAttribute("font-size", String(LABEL_PIXELS * unit));
      label.style.strokeWidth = `${3 * unit}px`;
    });
  }

  function areas(collection) {
    areaLayer.replaceChildren(...collection.features.map(areaOf));
    labelLayer.replaceChildren(...collection.features.map(labelOf));
    scaleMarks();
  }

  function areaOf({ geometry, properties }) {
    const outline = rings(geometry).map((ring) => `M${ring.map((at) => plan.to(at).map((n) => n.toFixed(2)).join(" ")).join("L")}Z`);
    const shade = properties.shade ? ` ll-map__area--${properties.shade}` : "";
    const path = element("path", { d: outline.join(""), class: `ll-map__area${shade}`, "fill-rule": "evenodd" });
    const title = element("title", {});
    title.textContent = [properties.name, properties.detail].filter(Boolean).join("：");
    path.append(title);
    return linked(path, properties.url, "ll-map__area--linked");
  }

  function labelOf({ geometry, properties }) {
    const ring = rings(geometry).reduce((longest, one) => (one.length > longest.length ? one : longest), []);
    const [west, south, east, north] = bounds(ring);
    const [x, y] = plan.to([(west + east) / 2, (south + north) / 2]);
    const room = plan.to([east, south])[0] - plan.to([west, south])[0];
    const label = element("text", { x, y, class: "ll-map__label", "data-room": room });
    label.textContent = properties.name ?? "";
    return label;
  }

  function points(collection) {
    pointLayer.replaceChildren(...collection.features.map(({ geometry, properties }) => {
      const [x, y] = plan.to(geometry.coordinates);
      const tone = properties.tone ?? "info";
      const mark = element("circle", { r: tone === "danger" ? 8 : 6, class: `ll-map__point ll-map__point--${tone}`, "data-x": x, "data-y": y });
      const title = element("title", {});
      title.textContent = properties.name ?? "";
      mark.append(title);
      return linked(mark, properties.url, "ll-map__point--linked");
    }));
    scaleMarks();
  }

  function pin(at) {
    const [x, y] = plan.to(at);
    pinLayer.replaceChildren(element("path", { d: "M0 0C-3-8-10-12-10-20a10 10 0 1 1 20 0c0 8-7 12-10 20z", class: "ll-map__pin", "data-mark": "", "data-x": x, "data-y": y }));
    scaleMarks();
  }

  function pick(at) {
    const [longitude, latitude] = plan.from(at);
    host.dispatchEvent(new CustomEvent("linli:pick", { detail: { longitude, latitude } }));
  }

  host.append(controls(view));
  if ("pick" in host.dataset) {
    view.onClick(pick);
    svg.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      pick(view.middle());
    });
  }
  areas(first);
  return { areas, points, pin, look: (at) => view.look(plan.to(at)) };
}

/** @param {Element} drawing @param {string | undefined} url @param {string} name */
function linked(drawing, url, name) {
  if (!url) return drawing;
  drawing.classList.add(name);
  const link = element("a", { href: url });
  link.append(drawing);
  return link;
}

/** @param {{zoom: (by: number) => void, whole: () => void}} view */
function controls(view) {
  const box = document.createElement("div");
  box.className = "ll-map__controls";
  const buttons = [["add", "+", () => view.zoom(0.7)], ["minus", "−", () => view.zoom(1 / 0.7)], ["full_screen", "⤢", view.whole]];
  for (const [name, label, act] of buttons) {
    const button = iconButton(name, label);
    button.addEventListener("click", act);
    box.append(button);
  }
  return box;
}

/**
 * The visible part of the drawing, moved by pointer, wheel and keys.
 * @param {SVGSVGElement} svg @param {Place} size of the whole @param {() => void} changed
 */
function viewOf(svg, [width, height], changed) {
  const margin = 0.04 * Math.max(width, height);
  let box = { x: -margin, y: -margin, width: width + 2 * margin, height: height + 2 * margin };
  const whole = { ...box };
  const unit = () => {
    const shown = svg.getBoundingClientRect();
    return Math.max(box.width / Math.max(shown.width, 1), box.height / Math.max(shown.height, 1));
  };
  const set = (next) => {
    box = next;
    svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
    changed();
  };
  const middle = () => /** @type {Place} */ ([box.x + box.width / 2, box.y + box.height / 2]);
  const zoom = (by, [x, y] = middle()) => {
    const width = Math.min(Math.max(box.width * by, whole.width / 200), whole.width * 1.5);
    const real = width / box.width;
    set({ x: x - (x - box.x) * real, y: y - (y - box.y) * real, width, height: box.height * real });
  };
  const at = (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return /** @type {Place} */ ([place.x, place.y]);
  };
  /** @type {((at: Place) => void)[]} */
  const clicks = [];

  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, at(event));
  }, { passive: false });
  listenToPointers(svg, at, zoom, (dx, dy) => set({ ...box, x: box.x - dx, y: box.y - dy }), (place) => clicks.forEach((act) => act(place)));
  svg.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (steps) {
      event.preventDefault();
      set({ ...box, x: box.x + (steps[0] * box.width) / 10, y: box.y + (steps[1] * box.height) / 10 });
    }
    if (event.key === "+" || event.key === "=") zoom(0.8);
    if (event.key === "-") zoom(1.25);
  });
  new ResizeObserver(changed).observe(svg);
  // the first drawing: the marks do not stand yet, so there is nothing to scale
  svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  return {
    unit, zoom, middle,
    whole: () => set({ ...whole }),
    look: ([x, y]) => {
      const width = Math.min(box.width, whole.width / 4);
      const height = (width * whole.height) / whole.width;
      set({ x: x - width / 2, y: y - height / 2, width, height });
    },
    onClick: (act) => clicks.push(act),
  };
}

/**
 * One finger moves, two zoom, a still press is a click.
 * @param {SVGSVGElement} svg @param {(event: PointerEvent) => Place} at @param {(by: number, at: Place) => void} zoom
 * @param {(dx: number, dy: number) => void} move @param {(place: Place) => void} click
 */
function listenToPointers(svg, at, zoom, move, click) {
  /** @type {Map<number, {x: number, y: number, place: Place}>} */
  const down = new Map();
  let isStill = false;
  svg.addEventListener("pointerdown", (event) => {
    down.set(event.pointerId, { x: event.clientX, y: event.clientY, place: at(event) });
    isStill = down.size === 1;
  });
  svg.addEventListener("pointermove", (event) => {
    const start = down.get(event.pointerId);
    if (!start) return;
    if (isStill && Math.hypot(event.clientX - start.x, event.clientY - start.y) < 5) return;
    isStill = false;
    svg.setPointerCapture(event.pointerId);
    if (down.size === 1) {
      const [x, y] = at(event);
      move(x - start.place[0], y - start.place[1]);
      return;
    }
    const [other] = [...down].filter(([id]) => id !== event.pointerId).map(([, one]) => one);
    const before = Math.hypot(start.x - other.x, start.y - other.y);
    const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    zoom(before / Math.max(after, 1), at(event));
    down.set(event.pointerId, { x: event.clientX, y: event.clientY, place: at(event) });
  });
  const up = (event) => {
    if (isStill && down.has(event.pointerId) && event.type === "pointerup") click(at(event));
    down.delete(event.pointerId);
    isStill = false;
  };
  svg.addEventListener("pointerup", up);
  svg.addEventListener("pointercancel", up);
}
