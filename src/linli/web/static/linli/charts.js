/**
 * Charts from <script type="application/json"> by ECharts. The same figures stand below as a table; where the
 * chart cannot be drawn, the table is opened instead.
 */
import { asset } from "./texts.js";

/** @typedef {{kind: "bar"|"line"|"stacked"|"pie", unit: string, columns: string[], rows: [string, ...number[]][]}} Figures */

/** @param {ParentNode} root */
export async function enhanceCharts(root) {
  const figures = [...root.querySelectorAll("[data-chart]:not([data-enhanced])")];
  const library = await import(asset("echarts")).catch(() => null);
  for (const figure of figures) {
    figure.dataset.enhanced = "yes";
    if (library) draw(library, figure);
    else tell(figure);
  }
}

/** @param {Element} figure */
function tell(figure) {
  figure.querySelector(".ll-chart__canvas").hidden = true;
  figure.querySelector(".ll-chart__table").open = true;
}

/** @param {any} library @param {HTMLElement} figure */
function draw(library, figure) {
  const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const canvas = figure.querySelector(".ll-chart__canvas");
  const chart = library.init(canvas, null, { renderer: "svg" });
  chart.setOption(options(data, getComputedStyle(figure), canvas.clientHeight));
  new ResizeObserver(() => chart.resize()).observe(canvas);
}

/** @param {Figures} data @param {CSSStyleDeclaration} style the tokens @param {number} height of the canvas, in px */
function options(data, style, height) {
  const token = (name) => style.getPropertyValue(name).trim();
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const isLow = height < 12 * rem; // no room for a line of words above and below
  const words = { color: token("--text-soft"), fontFamily: style.fontFamily, fontSize: rem * 0.75 };
  const shared = {
    color: ["--ink", "--accent", "--progress", "--success", "--warning", "--neutral"].map(token),
    textStyle: words,
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true, decal: { show: data.columns.length > 2 || data.kind === "pie" } },
    // the tooltip is drawn, not written as HTML: the page's policy allows no inline styles
    tooltip: { trigger: data.kind === "pie" ? "item" : "axis", renderMode: "richText", confine: true },
    legend: { show: data.columns.length > 2 || data.kind === "pie", ...(isLow ? { top: 0, left: 0, itemHeight: rem * 0.5 } : { bottom: 0 }), textStyle: words },
  };
  if (data.kind === "pie") {
    const slices = data.rows.map(([name, value]) => ({ name, value }));
    return { ...shared, series: [{ type: "pie", radius: ["48%", "72%"], label: words, data: slices }] };
  }
  const line = { lineStyle: { color: token("--line") } };
  return {
    ...shared,
    grid: { left: 8, right: rem, top: rem * 1.75, bottom: shared.legend.show && !isLow ? rem * 2.25 : 2, containLabel: true },
    xAxis: { type: "category", data: data.rows.map(([name]) => name), axisLine: line, axisLabel: { ...words, hideOverlap: true }, axisTick: { show: false } },
    yAxis: { type: "value", name: isLow ? "" : data.unit, nameTextStyle: words, splitLine: line, splitNumber: isLow ? 2 : 5, axisLabel: words, minInterval: 1 },
    series: data.columns.slice(1).map((name, place) => ({
      name,
      type: data.kind === "line" ? "line" : "bar",
      stack: data.kind === "stacked" ? "all" : undefined,
      barMaxWidth: 28,
      symbolSize: 6,
      data: data.rows.map((row) => row[place + 1]),
    })),
  };
}
