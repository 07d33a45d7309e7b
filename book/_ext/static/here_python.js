// Python for the cells of a page: the very files of the in-browser Jupyter, and its kernel, without
// Jupyter. A worker, so that the page stays alive while Python computes, and so that it can be stopped.
//   page → worker   { start: address of the application } · { run: source } · { comm: { id, data } }
//   worker → page   { kind, … }: started, failed · stream, display, update, error · comm · turn · done
"use strict";
const KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel";
let python, kernel;

const plain = (value) => (value?.toJs ? value.toJs({ dict_converter: Object.fromEntries }) : value);
const say = (kind, content) => {
  flush();
  postMessage({ kind, ...content });
};

// What is printed goes to the page at once; of a flood ten times a second (and see stream() of here.js).
let held = { name: "", text: "" };
let second = 0, sent = 0, last = 0;
const flush = () => {
  if (held.text) postMessage({ kind: "stream", ...held });
  held = { ...held, text: "" };
};
const stream = (name, text) => {
  if (name !== held.name) flush();
  held = { name, text: held.text + text };
  const now = performance.now();
  if (now - second > 1000) [second, sent] = [now, 0];
  if (sent < 200 || now - last > 100) {
    flush();
    sent += text.endsWith("\n") ? 1 : 0.25; // print() says a line in pieces
    last = now;
  }
};

async function start(lite) {
  const settings = await (await fetch(`${lite}jupyter-lite.json`)).json();
  const options = settings["jupyter-config-data"].litePluginSettings[KERNEL].loadPyodideOptions;
  importScripts(`${lite}static/pyodide/pyodide.js`);
  python = await loadPyodide({ ...options, indexURL: `${lite}static/pyodide/` });
  python._api.on_fatal = ({ message }) => postMessage({ kind: "failed", why: message });
  const module = python.pyimport("pyodide_kernel");
  kernel = module.kernel_instance;
  kernel._parent_header = python.toPy({ header: {} });
  const shell = kernel.interpreter;
  module.stdout_stream.publish_stream_callback = stream;
  module.stderr_stream.publish_stream_callback = stream;
  const display = (kind) => (data, size, transient) =>
    say(kind, { data: plain(data), size: plain(size), id: plain(transient)?.display_id });
  shell.display_pub.display_data_callback = display("display");
  shell.display_pub.update_display_data_callback = display("update");
  shell.display_pub.clear_output_callback = () => say("clear");
  shell.displayhook.publish_execution_result = (count, data, size) =>
    say("display", { data: plain(data), size: plain(size) });
  shell.send_comm = (type, content) => say("comm", { type, ...plain(content) });
  [shell.input, shell.ask_exit] = python.runPython(CANNOT);
}

const CANNOT = `
from IPython.core.error import StdinNotImplementedError

def no_input(prompt=""):
    raise StdinNotImplementedError("a cell on this page cannot ask: give it the answer as a value")

def no_exit():
    print("Python goes on: Stop, above, ends it.")

no_input, no_exit`;

async function run(source) {
  sent = 0;
  missing.clear();
  const { status, ename, evalue, traceback } = plain(await kernel.run(source));
  if (status !== "error") return status;
  say("error", { ename, evalue, traceback });
  if (missing.size) stream("stderr", `${absent()}. Is there a network? Run the cell again, or reload the page.\n`);
  return status;
}

function hear({ id, data }) {
  const message = { content: { comm_id: id, data }, buffers: [] };
  kernel.interpreter._last_traceback = null;
  say("turn", { id });
  kernel.comm_manager.comm_msg(null, null, python.toPy(message));
  const error = plain(kernel.interpreter._last_traceback); // in what the reader's cell does on a change
  if (error) say("error", error);
  say("turn", {});
}

// What does not come Pyodide tells the console only: without its .wasm it then never comes to an end,
// without a package an import fails as if there were none.
const missing = new Set();
const absent = () => `${[...missing].join(", ")} did not come`;
const { warn } = console;
console.warn = (...words) => {
  if (/^wasm instantiation failed/.test(words[0])) say("failed", { why: "pyodide.asm.wasm did not come" });
  const names = /^The following errors? occurred while loading (.*?):/.exec(words[0]);
  if (names) missing.add(names[1]);
  warn(...words);
};

onmessage = async ({ data }) => {
  try {
    if (data.start) say("started", await start(data.start));
    else if (data.comm) hear(data.comm);
    else say("done", { status: await run(data.run) });
  } catch (error) {
    say("failed", { why: missing.size ? absent() : error.message });
  }
};
