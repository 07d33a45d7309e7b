// "Edit and run on this page": the code cells of a chapter become editors, and Python runs them where
// they stand. book.js loads this when the reader asks for it; here_python.js is Python.

const SITE = new URL(".", import.meta.url);
const LITE = new URL("../lite/", SITE);
const ANSI = /\x1b\[[0-9;?]*[A-Za-z]/g; // colours, and where a terminal would go on
// a picture or a widget says more than the words beside it
const KINDS = ["application/vnd.jupyter.widget-view+json", "text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/latex", "text/plain"];

// of a text that is too long to show, the end
const MOST = 50_000;
const short = (text) =>
  text.length > MOST ? `… (the last ${MOST} characters)\n${text.slice(-MOST)}` : text;

const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};
const button = (text, press, attributes = {}) => {
  const made = make("button", { type: "button", class: "here-button", ...attributes }, text);
  made.addEventListener("click", press);
  return made;
};

// ---- Python ---------------------------------------------------------------------------------------

const ENDED = "Python came to an end, and begins afresh with the next run";
let worker, settle; // settle: what waits for the answer of the worker
// the cell that what Python says belongs to; the last that ran; does it say it because a widget changed?
let shown, ran, turning;

const ask = (message) =>
  new Promise((resolve, reject) => {
    settle = { resolve, reject };
    worker.postMessage(message);
  });

async function python() {
  if (worker) return;
  worker = new Worker(new URL("here_python.js", SITE));
  worker.onmessage = ({ data }) => hear[data.kind](data);
  worker.onerror = (event) => hear.failed({ why: event.message || "its program did not come" });
  await ask({ start: LITE.href });
}

const hear = {
  started: () => settle.resolve(),
  done: ({ status }) => settle.resolve(status),
  failed({ why }) {
    drop();
    settle?.reject(new Error(why));
    if (busy) return;
    status.textContent = `${ENDED}: ${why}`; // it was at work for a widget
    stop.disabled = true;
  },
  // From here on, Python is at work for this widget, or for the cells again.
  turn({ id }) {
    shown?.draw();
    const place = id && document.querySelector(`[data-comm="${id}"]`);
    shown = cells.find(({ element }) => element.contains(place)) ?? ran;
    turning = Boolean(id);
    if (turning) shown.element.querySelector(".here-change.error")?.remove(); // the last change's
  },
  stream: ({ name, text }) => shown.stream(name, text),
  display: ({ data, id, size }) => shown.display(data, id, size),
  update({ data, id, size }) {
    const old = document.querySelector(`[data-display="${CSS.escape(id)}"]`);
    if (old) old.replaceWith(shown.display(data, id, size));
  },
  error: ({ ename, evalue, traceback }) => shown.error(ename, evalue, traceback),
  clear() {
    if (!turning) shown.clear();
    else for (const said of shown.element.querySelectorAll(".here-change")) said.remove(); // not the widget
  },
  comm: (message) => widgets.hear(message),
};

function drop() {
  worker?.terminate();
  worker = undefined;
  widgets.models.clear();
  for (const cell of cells) cell.forget();
}

// ---- widgets that Python has made ------------------------------------------------------------------

const widgets = {
  models: new Map(),
  programs: new Map(), // one for each text

  hear({ type, comm_id: id, data }) {
    const model = this.models.get(id);
    if (type === "comm_open") this.open(id, data.state);
    else if (type === "comm_close") {
      this.models.delete(id);
      for (const place of document.querySelectorAll(`[data-comm="${id}"]`)) place.remove();
    } else if (data.method === "update") model?.take(data.state);
  },

  open(id, state) {
    const model = new (live())(id, state);
    this.models.set(id, model);
    const ends = [state.source, state.target];
    if (/^(?:Directional)?Link$/.test(state._model_name?.replace("Model", "")) && ends.every(Boolean)) {
      const [[from, a], [to, b]] = ends.map(([name, trait]) => [this.named(name), trait]);
      window.cnnbook.join(from, a, to, b, state._model_name === "LinkModel");
      for (const [end, trait] of [[from, a], [to, b]]) end.on(`change:${trait}`, () => end.save_changes());
    }
  },

  named(reference) {
    return this.models.get(reference.replace("IPY_MODEL_", ""));
  },

  // what is to be done when the widget goes is added to `leave`
  async show(id, place, leave) {
    const model = this.models.get(id);
    const kind = model?.get("_model_name");
    place.dataset.comm = id;
    if (model?.get("_esm")) await this.render(model, place, leave);
    else if (/^(?:[HV]|Grid)?Box/.test(kind)) {
      place.className = kind.startsWith("V") ? "host-column" : "host-row";
      const children = model.get("children").map((child) => child.replace("IPY_MODEL_", ""));
      await Promise.all(children.map((child) => this.show(child, place.appendChild(make("div")), leave)));
    } else if (kind === "HTMLModel") {
      place.className = "here-word";
      model.follow("value", (value) => (place.innerHTML = value));
    } else if (kind === "FloatProgressModel") {
      place.className = "here-word";
      const bar = place.appendChild(make("progress", { "aria-label": "Progress" }));
      model.follow("max", (max) => (bar.max = max));
      model.follow("value", (value) => (bar.value = value));
    } else {
      place.append(make("p", { class: "host-note" }, "This control needs Jupyter: Run in the browser, above."));
    }
  },

  async render(model, place, leave) {
    const [text, style] = [model.get("_esm"), model.get("_css") ?? ""];
    if (!this.programs.has(text)) {
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      this.programs.set(text, import(url).finally(() => URL.revokeObjectURL(url)));
      document.head.append(make("style", {}, style));
    }
    const { default: program } = await this.programs.get(text);
    const made = typeof program === "function" ? await program() : program;
    await (model.ready ??= made.initialize?.({ model }) ?? true);
    const cleanup = await made.render?.({ model, el: place });
    if (typeof cleanup === "function") leave.push(cleanup);
  },
};

// A model as host.js has it, that also tells Python and hears from it.
const live = () =>
  (live.class ??= class extends window.cnnbook.Model {
    #id;
    #changed = {};
    #python = worker; // the one that made it: the next one does not know it
    constructor(id, state) {
      super(state);
      this.#id = id;
    }
    set(name, value) {
      Object.assign(this.#changed, typeof name === "object" ? name : { [name]: value });
      super.set(name, value);
    }
    save_changes() {
      const data = { method: "update", state: this.#changed, buffer_paths: [] };
      if (!Object.keys(this.#changed).length) return;
      this.#changed = {};
      if (this.#python === worker) worker?.postMessage({ comm: { id: this.#id, data } });
    }
    take(state) {
      super.set(state);
    }
    follow(name, tell) {
      this.on(`change:${name}`, () => tell(this.get(name)));
      tell(this.get(name));
    }
  });

// ---- cells -----------------------------------------------------------------------------------------

// What the reader has changed, kept in this browser where it keeps anything: { as built: as edited }.
const PAGE = `cnn-book/edits${location.pathname}`;
const edits = () => {
  try {
    return { ...JSON.parse(localStorage.getItem(PAGE)) };
  } catch {
    return {}; // refused, or damaged
  }
};
const store = (change) => {
  try {
    localStorage.setItem(PAGE, JSON.stringify({ ...edits(), ...change }));
    return true;
  } catch {
    return false; // refused, or full
  }
};

class Cell {
  constructor(element, number) {
    this.element = element;
    this.code = element.querySelector(".cell_input pre");
    this.built = this.source;
    this.printed = { name: "", text: "" }; // and not drawn yet
    this.rested = 0;
    this.words = element.querySelector(".cell_output img")?.alt;
    this.state = make("span", { class: "here-state" });
    this.button = button("Run", () => runTo(this), { "aria-label": `Run cell ${number}` });
    this.back = button("Undo my changes", () => this.restore(), { hidden: "" });
    this.code.closest(".cell_input").append(make("div", { class: "here-tools" }, this.button, this.back, this.state));
    const editable = { contenteditable: "plaintext-only", spellcheck: "false", role: "textbox", "aria-multiline": "true" };
    for (const [key, value] of Object.entries(editable)) this.code.setAttribute(key, value);
    if (this.code.contentEditable !== "plaintext-only") this.code.contentEditable = "true"; // older browsers
    this.code.setAttribute("aria-label", `Code of cell ${number}; Shift and Enter run it`);
    // the theme, whenever it looks, takes what does not scroll out of the keyboard's reach
    const reach = () => this.code.tabIndex === 0 || (this.code.tabIndex = 0);
    new MutationObserver(reach).observe(this.code, { attributeFilter: ["tabindex"] });
    reach();
    this.html = this.code.innerHTML;
    this.code.addEventListener("keydown", (event) => this.key(event));
    this.code.addEventListener("input", () => this.edited());
    this.element.addEventListener("click", ({ target }) => target.closest(".copybtn") && this.lines(), true);
    this.leave = [];
    const kept = edits()[this.built];
    if (typeof kept === "string") {
      this.code.textContent = kept;
      this.look();
    }
  }
  get source() {
    const copy = this.code.cloneNode(true); // (innerText is empty in a folded cell)
    for (const end of copy.querySelectorAll("br")) end.replaceWith("\n");
    return copy.textContent.replace(/\n$/, "").replaceAll("\u00a0", " "); // (of a pasted page)
  }
  // (the copy button takes the lines as they are in the page: without <br>)
  lines() {
    for (const end of this.code.querySelectorAll("br")) end.replaceWith("\n");
  }
  look() {
    const changed = this.source !== this.built;
    this.back.hidden = !changed && this.gone === undefined;
    this.back.textContent = changed ? "Undo my changes" : "Bring my changes back";
    if (this.ran !== undefined) this.say(this.source === this.ran ? "" : "changed since it ran");
  }
  edited() {
    this.gone = undefined;
    this.keep();
  }
  keep() {
    this.look();
    if (store({ [this.built]: this.source === this.built ? undefined : this.source })) return;
    status.textContent = "This browser does not keep your changes: copy what you need before you leave.";
  }
  restore() {
    if (this.gone === undefined) {
      this.gone = this.source;
      this.code.innerHTML = this.html;
    } else {
      this.code.textContent = this.gone;
      this.gone = undefined;
    }
    this.keep();
    this.code.focus();
  }
  key(event) {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); // "/" would lead to the search
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (event.shiftKey || event.ctrlKey || event.metaKey) {
      runTo(this);
      return;
    }
    // as deep as the line that is left, deeper after a colon
    const before = getSelection().getRangeAt(0).cloneRange();
    before.setStart(this.code, 0);
    const part = make("pre", {}, before.cloneContents());
    for (const end of part.querySelectorAll("br")) end.replaceWith("\n");
    const line = part.textContent.split("\n").pop();
    document.execCommand("insertText", false, `\n${line.match(/^[ \t\u00a0]*/)[0]}${/:\s*$/.test(line) ? "    " : ""}`);
  }
  say(text) {
    this.state.textContent = text;
  }
  forget() {
    this.ran = undefined;
    this.say(this.leave.length ? "Python was stopped: run the cell again, and its widget is joined to Python again." : "");
  }

  async run() {
    this.ran = this.source;
    this.fresh = true; // what is there goes when something new comes
    shown = ran = this;
    turning = false; // Python may have ended in the middle of a turn
    this.element.querySelector(".cell_output")?.classList.add("here-old");
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1000;
    const count = () => this.say(`running …${seconds() < 1 ? "" : ` ${seconds().toFixed(0)} s`}`);
    count();
    const clock = setInterval(count, 1000);
    let status;
    try {
      status = await ask({ run: this.ran });
    } catch (error) {
      this.element.querySelector(".cell_output")?.classList.remove("here-old");
      this.say("stopped before its end");
      throw error;
    } finally {
      clearInterval(clock);
    }
    this.draw();
    if (this.fresh) this.clear();
    for (const pre of this.element.querySelectorAll(".output pre")) {
      if (pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0; // the keyboard can move it
    }
    this.say(status === "error" ? "stopped with an error" : `ran in ${seconds().toFixed(1)} s`);
    if (status === "error") this.ran = undefined; // it is still to run
    else if (this.source !== this.ran) this.look();
    return status;
  }

  // what Python says, in the place of what stood there
  get output() {
    if (!this.place?.isConnected) {
      this.place = this.element.querySelector(".cell_output");
      this.place ??= this.element.appendChild(make("div", { class: "cell_output docutils container" }));
    }
    this.draw();
    if (this.fresh) this.clear();
    return this.place;
  }
  clear() {
    this.fresh = false;
    this.printed = { name: "", text: "" };
    for (const cleanup of this.leave.splice(0)) cleanup();
    const place = this.element.querySelector(".cell_output");
    place?.replaceChildren();
    place?.classList.remove("here-old");
  }
  add(element) {
    if (turning) element.classList.add("here-change");
    return this.output.appendChild(element);
  }
  text(text, kind) {
    const pre = make("pre", {}, short(text.replace(ANSI, "")));
    this.add(make("div", { class: `output ${kind} highlight-myst-ansi notranslate` }, make("div", { class: "highlight" }, pre)));
    return pre;
  }
  // What is printed waits until the page has rested three times as long as drawing it took the last
  // time: a flood would leave it no time for a press of Stop.
  stream(name, text) {
    if (name !== this.printed.name) this.draw();
    this.printed = { name, text: (this.printed.text + text).slice(-MOST - 1) };
    this.timer ??= setTimeout(() => this.draw(), this.rested - performance.now());
  }
  draw() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { name, text } = this.printed;
    if (!text) return;
    this.printed = { name, text: "" };
    const start = performance.now();
    const last = this.output.lastElementChild;
    const goesOn = last?.matches(`.${name}`) && last.matches(".here-change") === Boolean(turning);
    const pre = goesOn ? last.querySelector("pre") : this.text("", `stream ${name}`);
    // a carriage return writes the line anew, as progress bars do
    const anew = (line) => line.slice(line.lastIndexOf("\r", line.length - 2) + 1);
    pre.textContent = short((pre.textContent + text.replace(ANSI, "")).split("\n").map(anew).join("\n"));
    pre.getBoundingClientRect(); // have it laid out now: that takes most of the time
    const now = performance.now();
    this.rested = now + 3 * (now - start);
  }
  display(data, id = "", size = {}) {
    const kind = KINDS.find((key) => data[key] !== undefined);
    const value = data[kind];
    // (the book's only Markdown is code between fences)
    if (/plain|markdown|latex/.test(kind)) this.text(value.replace(/^```.*\n|\n*```\s*$/g, ""), "text_plain");
    else if (/png|jpeg/.test(kind)) {
      const alt = this.ran === this.built && this.words ? this.words : "The picture that the edited cell draws.";
      const wanted = Object.entries(size[kind] ?? {}).filter(([name]) => /^(?:width|height)$/.test(name));
      this.add(make("img", { src: `data:${kind};base64,${value}`, alt, ...Object.fromEntries(wanted) }));
    } else if (kind === KINDS[0]) {
      widgets.show(value.model_id, this.add(make("div")), this.leave).catch((error) => this.error(error.name, error.message, []));
    } else if (kind) {
      const place = make("div", { class: "output text_html" });
      place.innerHTML = value;
      this.add(place);
      for (const old of place.querySelectorAll("script")) { // innerHTML runs none
        const script = make("script", Object.fromEntries([...old.attributes].map(({ name, value }) => [name, value])));
        script.append(old.textContent);
        old.replaceWith(script);
      }
    }
    const made = this.output.lastElementChild;
    if (made && id) made.dataset.display = id;
    return made;
  }
  error(ename, evalue, traceback) {
    const told = traceback.length ? traceback.join("\n") : `${ename}: ${evalue}`;
    this.text(told, "error");
  }
}

// ---- the page --------------------------------------------------------------------------------------

const cells = [];
let status, stop, all, busy;

// A cell needs what stands above it: what has not run as it stands there runs first.
async function runTo(last, everything = false) {
  if (busy) return;
  busy = true;
  stop.disabled = false;
  // (still in the reach of the keyboard, which would be lost otherwise)
  for (const press of [all, ...cells.map((cell) => cell.button)]) press.setAttribute("aria-disabled", "true");
  const wanted = cells.slice(0, cells.indexOf(last) + 1).filter((cell) => everything || cell === last || cell.source !== cell.ran);
  let words = "Ready.";
  const coming = !worker;
  try {
    if (coming) status.textContent = "Python is coming: 17 MB the first time …";
    await python();
    for (const [i, cell] of wanted.entries()) {
      status.textContent = wanted.length > 1 ? `Running cell ${i + 1} of ${wanted.length} …` : "Running …";
      if ((await cell.run()) === "error") {
        words = "An error stopped it: see the cell.";
        if (cell !== last) cell.element.scrollIntoView({ block: "center" });
        break;
      }
    }
  } catch (error) {
    if (error.message === "stopped") words = "Stopped. Python begins afresh with the next run.";
    else if (coming) words = `Python could not start: ${error.message}`;
    else words = `${ENDED}: ${error.message}`;
  }
  status.textContent = words;
  busy = false;
  stop.disabled = !worker;
  for (const press of [all, ...cells.map((cell) => cell.button)]) press.removeAttribute("aria-disabled");
}

function halt() {
  drop();
  if (busy) settle?.reject(new Error("stopped"));
  else status.textContent = "Stopped. Python begins afresh with the next run.";
  stop.disabled = true;
}

// Changes of cells that the book has changed since: they cannot stand in a cell, but are not lost.
function lost() {
  const built = new Set(cells.map((cell) => cell.built));
  const mine = Object.entries(edits()).filter(([was, text]) => !built.has(was) && typeof text === "string");
  const items = mine.map(([was, text]) => {
    const forget = () => {
      store({ [was]: undefined });
      if (box.querySelectorAll("pre").length > 1) item.remove();
      else box.remove();
    };
    const item = make("div", {}, make("pre", {}, text), button("Forget it", forget));
    return item;
  });
  const box = make("details", {}, make("summary", {}, "Your changes of cells that the book has changed since"), ...items);
  return items.length ? [box] : [];
}

export async function start(place) {
  if (!window.cnnbook?.Model) await new Promise((resolve, reject) => {
    document.head.append(make("link", { rel: "stylesheet", href: new URL("host.css", SITE) }));
    const script = make("script", { src: new URL("host.js", SITE) });
    Object.assign(script, { onload: resolve, onerror: () => reject(new Error("host.js did not come")) });
    document.head.append(script);
  });
  for (const element of document.querySelectorAll(".cell:has(> .cell_input pre, > details .cell_input pre)")) {
    cells.push(new Cell(element, cells.length + 1));
  }
  status = make("span", { role: "status" });
  all = button("Run all cells", () => runTo(cells.at(-1), true));
  stop = button("Stop", halt, { disabled: "", title: "Stop Python; the next run begins afresh" });
  place.classList.add("here-begun");
  place.replaceChildren(all, stop, status);
  place.after(...lost());
  const changed = cells.some((cell) => !cell.back.hidden) ? " Your changes from last time are there." : "";
  status.textContent = `Every code cell can be edited and run: Shift and Enter, or its button.${changed}`;
  all.focus();
}
