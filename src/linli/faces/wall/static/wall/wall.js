/**
 * Keeps the wall up to date: asks every few seconds what has changed and replaces only that. While the server
 * is away the screen keeps what it has and says how old it is.
 */
import { enhanceCharts } from "../linli/charts.js";
import { asset } from "../linli/texts.js";

/** @typedef {{panels: Record<string, [string, string]>, marks: Record<string, [number, string]>, legend: [number, string][], points: object}} News */

const LATE_MILLISECONDS = 60_000;
/** The screen that does not scroll, as wall.css has it. */
const fixed = matchMedia("(min-width: 1200px) and (min-height: 840px)");
/** Rows of a list where the page scrolls: a look, not the whole list. */
const MOST_ROWS = 10;

/** @param {HTMLElement} wall */
function keepFresh(wall) {
  const seconds = Number(wall.dataset.seconds);
  const taken = wall.querySelector("[data-taken]");
  let etag = "";
  let good = Date.now();

  const stamp = (date) => {
    good = Date.now();
    const at = date ? new Date(date) : new Date();
    taken.dateTime = at.toISOString();
    taken.textContent = at.toLocaleTimeString(document.documentElement.lang, { timeZone: "Asia/Shanghai", hour12: false });
    say(wall, "");
  };
  const ask = async () => {
    if (document.hidden) return;
    const headers = etag ? { "If-None-Match": etag } : {};
    const options = { headers, cache: "no-store", signal: AbortSignal.timeout(seconds * 1000) };
    const answer = await fetch(wall.dataset.live, options).catch(() => null);
    if (answer?.status === 401) return say(wall, "ended");
    if (answer?.status === 200) {
      const news = await answer.json().catch(() => null);
      if (!news) return undefined;
      etag = answer.headers.get("ETag") ?? "";
      await show(wall, news);
    }
    if (answer && [200, 304].includes(answer.status)) stamp(answer.headers.get("Date"));
    else if (Date.now() - good > LATE_MILLISECONDS) say(wall, "late");
    return undefined;
  };
  const turn = () => ask().finally(() => setTimeout(turn, seconds * 1000));
  setTimeout(turn, seconds * 1000);
  document.addEventListener("visibilitychange", ask);
}

/** @param {HTMLElement} wall @param {"" | "late" | "ended"} what */
function say(wall, what) {
  const place = wall.querySelector("[data-stale]");
  const words = what ? place.dataset[what] : "";
  if (place.textContent !== words) place.textContent = words;
  wall.querySelector("[data-taken-frame]").classList.toggle("wall-taken--late", what !== "");
  wall.querySelector("[data-login]").hidden = what !== "ended";
}

/** @param {HTMLElement} wall @param {News} news */
async function show(wall, news) {
  for (const panel of wall.querySelectorAll("[data-panel]")) {
    const [mark, content] = news.panels[panel.dataset.panel] ?? [];
    if (mark && mark !== panel.dataset.mark) await replace(panel, mark, content);
  }
  fit(wall);
  wall.querySelectorAll("[data-step]").forEach((step, place) => { step.textContent = news.legend[place]?.[1] ?? ""; });
  document.getElementById("wall-map-points").textContent = JSON.stringify(news.points);
  shade(news.marks, wall.dataset.nothing);
}

/** @param {HTMLElement} panel @param {string} mark @param {string} content HTML of our own server */
async function replace(panel, mark, content) {
  const charts = panel.querySelectorAll(".ll-chart__canvas");
  if (charts.length) {
    const library = await import(asset("echarts")).catch(() => null);
    charts.forEach((canvas) => library?.getInstanceByDom(canvas)?.dispose());
  }
  const focused = panel.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  panel.innerHTML = content;
  panel.dataset.mark = mark;
  if (focused) panel.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  if (panel.querySelector("[data-chart]")) await enhanceCharts(panel);
}

/** Leaves out the rows for which a panel has no room: whole rows are shown, or none of them, and the way to the rest. @param {HTMLElement} wall */
function fit(wall) {
  const panels = [...wall.querySelectorAll("[data-panel]:has([data-fit])")];
  for (const panel of panels) for (const row of rowsOf(panel)) row.hidden = false;
  for (const panel of panels) {
    const rows = rowsOf(panel);
    const bottom = panel.getBoundingClientRect().bottom + 1;
    const kept = fixed.matches ? rows.filter((row) => row.getBoundingClientRect().bottom <= bottom) : rows.slice(0, MOST_ROWS);
    for (const row of rows.slice(kept.length)) row.hidden = true;
    const more = panel.closest("section").querySelector("[data-more]");
    if (!more) continue;
    const left = rows.length - kept.length + Number(panel.querySelector("[data-fit]").dataset.left ?? 0);
    more.hidden = left === 0;
    more.querySelector("[data-more-count]").textContent = `${left}`;
  }
}

/** @param {HTMLElement} panel @returns {HTMLElement[]} */
const rowsOf = (panel) => [...panel.querySelector("[data-fit]").children];

/** The map reads its areas from the page; only shade and words of grids change. @param {Record<string, [number, string]>} marks @param {string} nothing */
function shade(marks, nothing) {
  const place = document.getElementById("wall-map-areas");
  const areas = JSON.parse(place.textContent);
  for (const { properties } of areas.features) {
    if (!("shade" in properties)) continue;
    const [level, words] = marks[properties.code] ?? [0, nothing];
    const [named] = properties.detail.split("：");
    properties.detail = properties.name ? words : `${named}：${words}`;
    properties.shade = level;
  }
  place.textContent = JSON.stringify(areas);
}

for (const wall of document.querySelectorAll("[data-wall]")) {
  keepFresh(wall);
  fit(wall);
  addEventListener("resize", () => fit(wall));
  document.fonts.ready.then(() => fit(wall));
}
