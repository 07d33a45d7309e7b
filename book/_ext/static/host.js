// The static host of the book's widgets: to an anywidget front end it is what Jupyter is, without Jupyter.
// widget_host.py puts the state of a page's widgets into script#cnnbook-state and their programs into
// window.cnnbook. State in a link (?Name={"trait":value}) is applied before a widget starts.
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

  // --- state in a link -------------------------------------------------------------------------

  // A link may only say what the widget itself could have said: the same kinds of values, tables
  // with rows of one length, finite numbers, and words that are neither markup nor an address.
  const plain = (value) => typeof value !== "object" || Array.isArray(value);
  const alike = (built, value) => {
    if (!Array.isArray(built)) {
      return (
        plain(built) &&
        typeof value === typeof built &&
        (typeof value !== "number" || Number.isFinite(value)) &&
        (typeof value !== "string" || !/[<>:&/\\"'`]/.test(value))
      );
    }
    return (
      Array.isArray(value) &&
      value.length <= 1024 &&
      value.every((v) => (!built.length || alike(built[0], v)) && v?.length === value[0]?.length)
    );
  };
  const readable = (built, text) => {
    try {
      const state = JSON.parse(text);
      const ok = Object.keys(state).every((k) => Object.hasOwn(built, k) && alike(built[k], state[k]));
      return plain(state) || !ok ? null : state;
    } catch {
      return null;
    }
  };

  const page = JSON.parse(document.getElementById("cnnbook-state").textContent);
  const asked = new URLSearchParams(location.search);

  const share = (id) => {
    const url = new URL(location.href);
    url.search = "";
    url.hash = id;
    for (const [name, { model, state }] of Object.entries(page.models)) {
      const changes = Object.keys(state ?? {}).filter(
        (k) => !same(state[k], model.get(k)) && alike(state[k], model.get(k)),
      );
      if (!changes.length) continue;
      url.searchParams.set(name, JSON.stringify(Object.fromEntries(changes.map((k) => [k, model.get(k)]))));
    }
    return url.href;
  };

  // --- programs, views --------------------------------------------------------------------------

  const programs = {};
  const load = async (key) => {
    if (!window.cnnbook?.[key]) throw new Error("its program did not arrive");
    const url = URL.createObjectURL(new Blob([window.cnnbook[key]], { type: "text/javascript" }));
    try {
      const program = (await import(url)).default;
      return typeof program === "function" ? await program() : program;
    } finally {
      URL.revokeObjectURL(url);
    }
  };

  const note = (el, text) => {
    const p = document.createElement("p");
    p.className = "cnn-note";
    p.textContent = text;
    el.prepend(p);
  };

  const cleanups = new Set();
  const start = async (entry, el) => {
    const { model } = entry;
    const program = await (programs[entry.module] ??= load(entry.module));
    await (entry.initialized ??= program.initialize?.({ model }) ?? true);
    const cleanup = await program.render?.({ model, el, share: () => share(el.closest("[id]")?.id ?? "") });
    if (typeof cleanup === "function") cleanups.add(cleanup);
  };

  const show = async (name, el) => {
    const entry = page.models[name];
    const fallback = [...el.childNodes];
    const view = document.createElement("div");
    for (const [property, value] of Object.entries(entry.style ?? {})) view.style.setProperty(property, value);
    el.replaceChildren(view);
    if (entry.box) {
      view.className = `cnn-box cnn-${entry.box}`;
      const children = entry.children.map((child) => {
        const div = document.createElement("div");
        view.append(div);
        return show(child, div);
      });
      await Promise.all(children);
    } else {
      try {
        await start(entry, view);
      } catch (error) {
        console.error(error);
        el.replaceChildren(...fallback);
        note(el, `This figure could not start: ${error.message}. The rest of the page does not need it.`);
        return;
      }
      if (entry.refused) note(el, "The link's settings could not be read; this is the figure as built.");
    }
    el.dataset.alive = "";
  };

  for (const [name, entry] of Object.entries(page.models)) {
    if (entry.box) continue;
    const text = asked.get(name);
    const state = text === null ? {} : readable(entry.state, text);
    entry.refused = !state;
    entry.model = new Model({ ...entry.state, ...state });
  }
  for (const [[from, a], [to, b], direction] of page.links) {
    const [source, target] = [page.models[from].model, page.models[to].model];
    const copy = (m, x, n, y) => n.set(y, m.get(x));
    copy(source, a, target, b);
    source.on(`change:${a}`, () => copy(source, a, target, b));
    if (direction === "both") target.on(`change:${b}`, () => copy(target, b, source, a));
  }
  for (const el of document.querySelectorAll("[data-model]")) {
    if (page.models[el.dataset.model]) show(el.dataset.model, el);
  }
  // a page that goes into the back-forward cache comes back alive: leave it as it is
  addEventListener("pagehide", (event) => event.persisted || cleanups.forEach((cleanup) => cleanup()));
})();
