/**
 * A select with many options becomes an input in which one types: what is likely stands first, each option with its
 * note, and units may be looked up beyond the list. The select stays in the form and holds the value; without
 * scripts it is used as it is.
 */

const texts = () => document.getElementById("desk-texts")?.dataset ?? {};
let made = 0;

/** @param {ParentNode} root */
export function enhancePickers(root) {
  for (const select of root.querySelectorAll("select[data-picker]:not([data-enhanced])")) {
    select.dataset.enhanced = "yes";
    new Picker(/** @type {HTMLSelectElement} */ (select));
  }
}

/** @typedef {{value: string, label: string, note: string, group: string}} Option */

class Picker {
  /** @param {HTMLSelectElement} select */
  constructor(select) {
    this.select = select;
    this.here = -1;
    /** @type {Option[]} */
    this.shown = [];
    const id = `picker-${(made += 1)}`;
    this.frame = document.createElement("div");
    this.frame.className = "desk-picker";
    this.input = document.createElement("input");
    this.input.className = "ll-input";
    this.input.type = "text";
    this.input.autocomplete = "off";
    this.input.placeholder = select.multiple ? texts().type : select.querySelector("option[value='']")?.textContent ?? "";
    this.list = document.createElement("div");
    this.list.className = "desk-picker__list";
    this.list.id = id;
    this.list.hidden = true;
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id };
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
    this.list.setAttribute("role", "listbox");
    for (const name of ["aria-invalid", "aria-describedby"]) {
      if (select.hasAttribute(name)) this.input.setAttribute(name, select.getAttribute(name));
    }
    this.chosen = document.createElement("div");
    this.chosen.className = "desk-picker__chosen";
    this.frame.append(...(select.multiple ? [this.chosen] : []), this.input, this.list);
    select.hidden = true;
    select.after(this.frame);
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    this.input.id = `${select.id}-input`;
    label?.setAttribute("for", this.input.id);
    this.tell();
    this.listen();
  }

  listen() {
    this.input.addEventListener("focus", () => { this.input.select(); this.open(""); });
    this.input.addEventListener("click", () => { if (this.list.hidden) this.open(""); });
    this.input.addEventListener("input", () => this.open(this.input.value.trim()));
    this.input.addEventListener("blur", () => { this.close(); this.tell(); });
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.select.addEventListener("change", () => this.tell());
    // pressed, not clicked: the input must not lose the focus first
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = /** @type {Element} */ (event.target).closest("[data-at]");
      if (option) this.take(Number(option.dataset.at));
    });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (this.list.hidden) this.open("");
      else this.mark(Math.min(Math.max(this.here + step, 0), this.shown.length - 1));
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !this.list.hidden && this.here >= 0) {
      event.preventDefault();
      this.take(this.here);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault(); // closes the list, not the panel around it
      event.stopPropagation();
      this.close();
      this.tell();
    } else if (event.key === "Backspace" && this.select.multiple && !this.input.value) {
      const last = [...this.select.selectedOptions].at(-1);
      if (last) this.drop(last);
    }
  }

  /** @param {string} typed */
  open(typed) {
    this.offer(this.matching(typed));
    if (typed.length < 2 || !this.select.dataset.search) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.lookUp(typed), 200);
  }

  /** @param {string} typed @returns {Option[]} */
  matching(typed) {
    const words = typed.split(/\s+/).filter(Boolean);
    const found = [];
    const seen = new Set();
    for (const option of this.select.options) {
      const group = option.parentElement instanceof HTMLOptGroupElement ? option.parentElement.label.trim() : "";
      const about = `${option.textContent} ${option.dataset.note ?? ""} ${option.value}`;
      if (!option.value && (this.select.multiple || this.select.required || typed)) continue;
      if (!words.every((word) => about.includes(word)) || (typed && seen.has(option.value))) continue;
      seen.add(option.value);
      found.push({ value: option.value, label: option.textContent.trim(), note: option.dataset.note ?? "", group });
    }
    return found;
  }

  /** @param {string} typed */
  async lookUp(typed) {
    const { search } = this.select.dataset; // an address, or the kind of thing that every page can look up
    const url = new URL(search.startsWith("/") ? search : texts().search, location.href);
    url.searchParams.set("q", typed);
    if (this.select.dataset.area) url.searchParams.set("area", this.select.dataset.area);
    const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || this.input.value.trim() !== typed || this.list.hidden) return;
    const known = new Set(this.shown.map((one) => one.value));
    const further = (await answer.json()).filter((one) => !known.has(one.value));
    this.offer([...this.shown, ...further.map((one) => ({ ...one, group: "" }))]);
  }

  /** @param {Option[]} options */
  offer(options) {
    this.shown = options;
    const rows = [];
    let group = "";
    options.forEach((one, at) => {
      if (one.group && one.group !== group) {
        const title = document.createElement("div");
        title.className = "desk-picker__title";
        title.setAttribute("role", "presentation");
        title.textContent = group = one.group;
        rows.push(title);
      }
      rows.push(this.row(one, at));
    });
    if (!options.length) {
      const none = document.createElement("div");
      none.className = "desk-picker__title";
      none.textContent = texts().none;
      rows.push(none);
    }
    this.list.replaceChildren(...rows);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const current = options.findIndex((one) => one.value === this.select.value);
    this.mark(this.input.value && current < 0 ? 0 : Math.max(current, 0));
  }

  /** @param {Option} one @param {number} at */
  row(one, at) {
    const row = document.createElement("div");
    row.className = "desk-picker__option";
    row.id = `${this.list.id}-${at}`;
    row.dataset.at = String(at);
    row.setAttribute("role", "option");
    const isChosen = [...this.select.selectedOptions].some((option) => option.value === one.value);
    row.setAttribute("aria-selected", String(isChosen));
    const label = document.createElement("span");
    label.textContent = one.label;
    row.append(label);
    if (one.note) {
      const note = document.createElement("small");
      note.textContent = one.note;
      row.append(note);
    }
    return row;
  }

  /** @param {number} at */
  mark(at) {
    this.list.querySelector(".desk-picker__option--here")?.classList.remove("desk-picker__option--here");
    this.here = this.shown.length ? at : -1;
    const row = this.list.querySelector(`[data-at="${this.here}"]`);
    row?.classList.add("desk-picker__option--here");
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.input.setAttribute("aria-activedescendant", row.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {number} at */
  take(at) {
    const one = this.shown[at];
    if (!one) return;
    pick(this.select, one.value, one.label);
    this.close();
    this.tell();
  }

  /** @param {HTMLOptionElement} option */
  drop(option) {
    for (const same of this.select.options) if (same.value === option.value) same.selected = false;
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** Shows what is chosen. */
  tell() {
    if (!this.select.multiple) {
      const option = this.select.selectedOptions[0];
      this.input.value = option?.value ? option.textContent.trim() : "";
      return;
    }
    this.input.value = "";
    const values = new Map([...this.select.selectedOptions].map((option) => [option.value, option]));
    this.chosen.replaceChildren(...[...values.values()].map((option) => {
      const chip = document.createElement("span");
      chip.className = "desk-picker__chip";
      chip.append(option.textContent.trim());
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "ll-icon-button";
      remove.setAttribute("aria-label", `${texts().remove} ${option.textContent.trim()}`);
      remove.textContent = "×";
      remove.addEventListener("click", () => { this.drop(option); this.input.focus(); });
      chip.append(remove);
      return chip;
    }));
  }
}

/**
 * Chooses a value of a select, which may not have it as an option yet.
 * @param {HTMLSelectElement} select @param {string} value @param {string} label
 */
export function pick(select, value, label) {
  let option = [...select.options].find((one) => one.value === value);
  if (!option) {
    option = new Option(label, value);
    select.append(option);
  }
  if (select.multiple) option.selected = !option.selected;
  else select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}
