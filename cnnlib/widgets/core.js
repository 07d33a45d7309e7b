// What every widget is made with: elements, the binding to the model, and the line of text. No framework: the
// model is the truth, and draw() patches the page to say what it says.

const SVG = new Set(["svg", "path", "line", "circle", "text", "g", "title"]);
const FOCUSABLE = "button, input, select, [tabindex]";

/** h("button", { class: "x", onclick: f }, "text"): an element. Text is always text, never markup. */
export function h(tag, attributes = {}, ...children) {
  const node = SVG.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else set(node, name, value);
  }
  // JupyterLab takes the arrow keys unless the focused element itself says no.
  if (node.matches(FOCUSABLE)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.append(...children);
  return node;
}

/** Patch an attribute, touching the page only where something changed; null or false removes it. */
export function set(node, name, value) {
  const text = value === true ? "" : value;
  if (text === null || text === undefined || text === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(text)) node.setAttribute(name, text);
}

export const setText = (node, text) => node.textContent !== text && (node.textContent = text);

/** Put a widget on the page; returns what takes it away again and calls the other endings. */
export function attach(el, root, ...endings) {
  el.classList.add("cnn-place");
  el.append(root);
  return () => {
    for (const end of endings) end();
    root.remove();
    el.classList.remove("cnn-place");
  };
}

/** Set some traits of the model at once. */
export function commit(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  model.save_changes();
}

/** Call draw now and, once per burst, whenever one of the traits changes, wherever the change was made. */
export function watch(model, names, draw) {
  let waiting = false;
  let over = false;
  const wake = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      if (!over) draw();
    });
  };
  for (const name of names) model.on(`change:${name}`, wake);
  draw();
  return () => {
    over = true;
    for (const name of names) model.off(`change:${name}`, wake);
  };
}

/** A line of text that a screen reader says when it changes – except while it is quiet (during play). */
export function liveLine(className = "cnn-line") {
  const el = h("p", { class: className, "aria-live": "polite" });
  return {
    el,
    say(...parts) {
      const next = h("span", {}, ...parts);
      // What has not changed is not put there anew: it would be said again.
      if (!el.firstChild?.isEqualNode(next)) el.replaceChildren(...(next.textContent ? [next] : []));
    },
    quiet: (on) => set(el, "aria-live", on ? "off" : "polite"),
  };
}

/** A part of a line that is kept together, and what separates it from the next. */
export const phrase = (...parts) => h("span", { class: "cnn-phrase" }, ...parts, " ");

/** A matrix under its name, which may carry its size: h("figure"). */
export function block(title, ...content) {
  const name = h("figcaption", {}, title);
  return { el: h("figure", { class: "cnn-block" }, name, ...content), title: (text) => setText(name, text) };
}
