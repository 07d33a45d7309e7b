// The static host of the book's widgets: to an anywidget front end it is what Jupyter is, without Jupyter.
// widget_host.py puts the state of a page's widgets into script#cnnbook-state and their programs, as
// promises, into window.cnnbook.
(() => {
  "use strict";
  const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

  class Model {
    #state;
    #listeners = new Map();
    constructor(state) {
      this.#state = { ...state };
    }
    get(name) {
      return this.#state[name];
    }
    set(name, value) {
      const updates = typeof name === "object" ? name : { [name]: value };
      const changed = Object.keys(updates).filter((key) => !same(this.#state[key], updates[key]));
      Object.assign(this.#state, updates);
      for (const key of changed) this.#emit(`change:${key}`, this, this.#state[key]);
      if (changed.length) this.#emit("change", this);
    }
    save_changes() {} // there is no kernel to tell
    on(events, callback) {
      for (const event of events.split(" ")) {
        this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), callback]);
      }
    }
    off(events, callback) {
      for (const event of events ? events.split(" ") : this.#listeners.keys()) {
        const left = (this.#listeners.get(event) ?? []).filter((c) => callback && c !== callback);
        this.#listeners.set(event, left);
      }
    }
    #emit(event, ...args) {
      for (const callback of this.#listeners.get(event) ?? []) {
        try {
          callback(...args);
        } catch (error) {
          reportError(error); // one listener's mistake must not silence the others
        }
      }
    }
  }

  // --- state in a link: ?Name={"trait":value} ---------------------------------------------------

  // A link may only say what the widget itself could have said: the same kinds of values, rows of
  // one length, finite numbers, and words that are neither markup nor an address; or dicts of these,
  // whose names are for validate().
  const plain = (value) =>
    typeof value !== "object" &&
    (typeof value !== "number" || Number.isFinite(value)) &&
    (typeof value !== "string" || !/[<>:&/\\"'`]/.test(value));
  const flat = (value) => value?.constructor === Object && Object.values(value).every(plain);
  const alike = (built, value) =>
    Array.isArray(built)
      ? Array.isArray(value) &&
        value.length <= 1024 &&
        value.every((v) => alike(built[0] ?? v, v) && (!Array.isArray(v) || v.length === value[0].length))
      : typeof value === typeof built && (flat(value) || plain(value));

  window.cnnbook ??= {};
  window.cnnbook.Model = Model; // for here.js
  const page = { models: {}, links: [], ...JSON.parse(document.getElementById("cnnbook-state")?.textContent ?? null) };
  const asked = new URLSearchParams(location.search);

  const share = (anchor) => {
    const url = new URL(location.href);
    url.search = "";
    url.hash = anchor;
    for (const [name, { model, state }] of Object.entries(page.models)) {
      const changed = Object.keys(state ?? {})
        .map((key) => [key, model.get(key)])
        .filter(([key, value]) => !same(state[key], value) && alike(state[key], value));
      if (changed.length) url.searchParams.set(name, JSON.stringify(Object.fromEntries(changed)));
    }
    return url.href;
  };

  // The state that a link asks for, if the widget can have it. A program may export
  // validate(state): false, or an error, refuses.
  const fromLink = (name, { state }, program) => {
    try {
      const wish = JSON.parse(asked.get(name));
      // its own traits alone: "__proto__" is one of no widget
      const known = Object.entries(wish).every(
        ([key, value]) => Object.hasOwn(state, key) && alike(state[key], value),
      );
      return known && typeof wish === "object" && program.validate?.({ ...state, ...wish }) !== false ? wish : null;
    } catch {
      return null;
    }
  };

  // --- programs and views -----------------------------------------------------------------------

  const programs = {};
  const load = async (key) => {
    const module = await window.cnnbook[key];
    if (!module) throw new Error("its program did not arrive");
    return typeof module.default === "function" ? module.default() : module.default;
  };

  // Once for each model: its program, the state from a link, its initialize().
  const prepare = async (name, entry) => {
    const program = await (programs[entry.module] ??= load(entry.module));
    if (asked.has(name)) {
      entry.wish = fromLink(name, entry, program);
      entry.refused = !entry.wish;
      entry.model.set(entry.wish ?? {});
    }
    await program.initialize?.({ model: entry.model });
    return program;
  };

  const note = (el, text) => {
    const p = document.createElement("p");
    p.className = "host-note";
    p.textContent = text;
    el.prepend(p);
  };

  const cleanups = [];
  const start = async (name, entry, view) => {
    const program = await (entry.ready ??= prepare(name, entry));
    const render = () =>
      program.render?.({
        model: entry.model,
        el: view,
        share: () => share(view.closest("[id]")?.id ?? ""),
        built: entry.state, // what Reset goes back to, also when the page was opened by a link
      });
    try {
      cleanups.push(await render());
    } catch (error) {
      if (!entry.wish) throw error;
      // what the link asked for was more than the widget can show: start again as built
      entry.wish = null;
      entry.refused = true;
      entry.model.set(entry.state);
      view.replaceChildren();
      cleanups.push(await render());
    }
  };

  const show = async (name, el) => {
    const entry = page.models[name];
    if (!entry) return; // a dead control: the build has said so
    const fallback = [...el.childNodes];
    const view = document.createElement("div");
    for (const [property, value] of Object.entries(entry.style)) view.style.setProperty(property, value);
    el.replaceChildren(view);
    try {
      if (entry.box) {
        view.className = `host-${entry.box}`;
        await Promise.all(entry.children.map((child) => show(child, view.appendChild(document.createElement("div")))));
      } else {
        await start(name, entry, view);
      }
      if (entry.refused) note(el, "The settings in this link cannot be shown; this is the figure as it was built.");
      el.dataset.alive = "";
    } catch (error) {
      console.error(error);
      el.replaceChildren(...fallback);
      note(el, `This figure could not start: ${error.message}. Loading the page again may help.`);
      el.dataset.failed = "";
    }
  };

  for (const entry of Object.values(page.models)) if (!entry.box) entry.model = new Model(entry.state);
  const join = (window.cnnbook.join = (source, a, target, b, both) => {
    const copy = (m, x, n, y) => n.set(y, m.get(x));
    copy(source, a, target, b);
    source.on(`change:${a}`, () => copy(source, a, target, b));
    if (both) target.on(`change:${b}`, () => copy(target, b, source, a));
  });
  for (const [[from, a], [to, b], direction] of page.links) {
    join(page.models[from].model, a, page.models[to].model, b, direction === "both");
  }
  // One after the other, from the top: the first one must not wait for the last one, nor for the rest
  // of a long page that is still being read; only a place that itself has come to its end can be used.
  const places = document.getElementsByClassName("host-widget"); // grows while the page is read
  const reading = () => document.readyState === "loading";
  const more = () =>
    new Promise((resolve) => {
      document.addEventListener("readystatechange", resolve, { once: true });
      new MutationObserver((_, observer) => resolve(observer.disconnect())).observe(document, { childList: true, subtree: true });
    });
  const showAll = async () => {
    for (let i = 0; i < places.length || reading(); ) {
      if (reading() && !places[i]?.nextSibling) {
        await more();
        continue;
      }
      await show(places[i].dataset.model, places[i++]);
      if (!reading()) await new Promise((resolve) => setTimeout(resolve)); // let the reader in
    }
  };
  // Formulas wait for this (mathjax.js), at most two seconds.
  window.cnnbook.alive = Promise.race([showAll(), new Promise((resolve) => setTimeout(resolve, 2000))]);
  // a page that goes into the back-forward cache comes back alive: leave it as it is
  addEventListener("pagehide", (event) => event.persisted || cleanups.forEach((cleanup) => cleanup?.()));
})();
