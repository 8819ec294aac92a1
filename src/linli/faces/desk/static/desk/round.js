/**
 * Going through a list case by case: the list last seen in this tab is kept, so that a case's page leads to the one
 * before, the one after, and back to the row where one was.
 */

const KEPT = "linli:round";

/** @typedef {{list: string, cases: string[], at: number}} Round addresses without their host; `at` is where one is */

/** @returns {Round | null} */
function kept() {
  return JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
}

/** @param {Round} round */
function keep(round) {
  sessionStorage.setItem(KEPT, JSON.stringify(round));
}

/** Tells the round where one is: in a list, or at one of its cases. */
export function followRound() {
  if (document.getElementById("worklist")) atList();
  else if (document.querySelector("[data-round]")) atCase();
}

function atList() {
  const links = [...document.querySelectorAll("[data-rows] .ll-table__link")];
  const list = location.pathname + location.search;
  const before = kept();
  keep({ list, cases: links.map((link) => link.pathname), at: -1 });
  const comesBack = before?.list === list && before.at >= 0;
  if (comesBack && links.length && document.activeElement === document.body) {
    const here = links.findIndex((link) => link.pathname === before.cases[before.at]);
    links[here >= 0 ? here : Math.min(before.at, links.length - 1)].focus();
  }
}

function atCase() {
  const nav = document.querySelector("[data-round]");
  const round = kept();
  const at = round?.cases.indexOf(location.pathname) ?? -1;
  if (!round || at < 0) return;
  keep({ ...round, at });
  nav.hidden = false;
  lead(nav, "list", round.list);
  lead(nav, "back", round.cases[at - 1]);
  lead(nav, "next", round.cases[at + 1]);
}

/** @param {Element} nav @param {string} name @param {string | undefined} address */
function lead(nav, name, address) {
  const link = nav.querySelector(`[data-round-${name}]`);
  link.hidden = !address;
  if (address) link.href = address;
}

/** After a move on a case's page: the next case is at hand. */
export function offerNext() {
  const nav = document.querySelector("[data-round]:not([hidden])");
  /** @type {HTMLElement | null | undefined} */ (nav?.querySelector("a:not([hidden])[data-round-next]") ?? nav?.querySelector("a"))?.focus();
}
