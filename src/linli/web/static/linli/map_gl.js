/** The map by MapLibre, from the same GeoJSON; labels are drawn from the machine's own fonts. */

/** @typedef {import("./drawing.js").Place} Place */

const NOTHING = { type: "FeatureCollection", features: [] };

/**
 * @param {HTMLElement} host @param {object} first @param {(name: string) => string} asset
 * @returns {Promise<import("./drawing.js").Drawing>} rejects when the map cannot be drawn this way
 */
export async function drawWithGl(host, first, asset) {
  const library = await import(asset("maplibre"));
  library.setWorkerUrl(asset("maplibreWorker"));
  await styleSheet(asset("maplibreCss"));
  const tokens = getComputedStyle(host);
  const place = document.createElement("div");
  place.className = "ll-map__drawing ll-map--fill";
  host.append(place);
  const map = new library.Map({
    container: place,
    style: styleOf((name) => tokens.getPropertyValue(name).trim(), first),
    bounds: boundsOf(library, first),
    fitBoundsOptions: { padding: 24 },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    localIdeographFontFamily: tokens.getPropertyValue("--font"),
  });
  map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
  await new Promise((resolve, reject) => {
    map.once("load", resolve);
    map.once("error", ({ error }) => { map.remove(); place.remove(); reject(error); });
  });
  listen(host, map);
  /** @type {any} */
  let marker = null;
  return {
    areas: (collection) => map.getSource("areas").setData(collection),
    points: (collection) => map.getSource("points").setData(collection),
    pin: (at) => {
      marker ??= new library.Marker({ color: tokens.getPropertyValue("--accent").trim() }).setLngLat(at).addTo(map);
      marker.setLngLat(at);
    },
    look: (at) => map.jumpTo({ center: at, zoom: Math.max(map.getZoom(), 14) }),
  };
}

/** @param {HTMLElement} host @param {any} map */
function listen(host, map) {
  map.on("click", (event) => {
    if ("pick" in host.dataset) {
      const { lng: longitude, lat: latitude } = event.lngLat;
      host.dispatchEvent(new CustomEvent("linli:pick", { detail: { longitude, latitude } }));
      return;
    }
    const [hit] = map.queryRenderedFeatures(event.point, { layers: ["points", "areas"] });
    if (hit?.properties.url) location.assign(hit.properties.url);
  });
  map.on("mousemove", (event) => {
    const [hit] = map.queryRenderedFeatures(event.point, { layers: ["points", "areas"] });
    map.getCanvas().style.cursor = "pick" in host.dataset ? "crosshair" : hit?.properties.url ? "pointer" : "";
    map.getCanvas().title = hit ? [hit.properties.name, hit.properties.detail].filter(Boolean).join("：") : "";
  });
}

/** @param {any} library @param {object} areas */
function boundsOf(library, areas) {
  const bounds = new library.LngLatBounds();
  const extend = (part) => (typeof part[0] === "number" ? bounds.extend(part) : part.forEach(extend));
  areas.features.forEach((feature) => extend(feature.geometry.coordinates));
  return bounds.isEmpty() ? new library.LngLatBounds([73, 18], [135, 54]) : bounds;
}

/** @param {(name: string) => string} token @param {object} areas */
function styleOf(token, areas) {
  const shades = [1, 2, 3, 4].flatMap((shade) => [shade, 0.06 + shade * 0.13]);
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16; // a wall of screens is read from afar
  const tones = ["warning", "danger", "success", "neutral"].flatMap((tone) => [tone, token(`--${tone}`)]);
  return {
    version: 8,
    sources: { areas: { type: "geojson", data: areas }, points: { type: "geojson", data: NOTHING } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("--map-ground") } },
      { id: "areas", type: "fill", source: "areas", paint: { "fill-color": token("--map-area") } },
      { id: "shades", type: "fill", source: "areas", paint: { "fill-color": token("--accent"), "fill-opacity": ["match", ["coalesce", ["get", "shade"], 0], ...shades, 0] } },
      { id: "lines", type: "line", source: "areas", paint: { "line-color": token("--map-line"), "line-width": scale } },
      { id: "names", type: "symbol", source: "areas", layout: { "text-field": ["coalesce", ["get", "name"], ""], "text-size": 12 * scale, "text-padding": 4 }, paint: { "text-color": token("--text"), "text-halo-color": token("--map-area"), "text-halo-width": 1.25 } },
      { id: "points", type: "circle", source: "points", paint: { "circle-color": ["match", ["coalesce", ["get", "tone"], "info"], ...tones, token("--info")], "circle-radius": ["case", ["==", ["get", "tone"], "danger"], 8 * scale, 6 * scale], "circle-stroke-width": 2 * scale, "circle-stroke-color": token("--surface") } },
    ],
  };
}

/** @param {string} url */
function styleSheet(url) {
  if (document.querySelector(`link[href="${CSS.escape(url)}"]`)) return Promise.resolve();
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = url;
  document.head.append(link);
  return new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", reject);
  });
}
