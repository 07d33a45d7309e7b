// A worker that has Python ready, and then becomes the kernel's (see early.js).
"use strict";
const KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel";
let real, begun;

// The kernel's worker loads pyodide.js and calls loadPyodide: it gets what was begun, or, if that
// failed, tries for itself, and says what is wrong as it always does.
Object.defineProperty(self, "loadPyodide", {
  get: () => (options) => begun.catch(() => load(options)).catch(failed),
  set: (value) => (real = typeof value === "function" ? value : real), // pyodide.js sets it thrice
});

// If its .wasm does not come, or is damaged, Pyodide warns and never comes to an end.
function load(options) {
  return new Promise((resolve, reject) => {
    const { warn } = console;
    console.warn = (...words) => {
      if (/^wasm instantiation failed/.test(words[0])) reject(new Error("pyodide.asm.wasm did not come"));
      warn(...words);
    };
    real(options).then(resolve, reject);
  });
}

function failed(error) {
  postMessage({ failed: error.message });
  throw error;
}

async function begin() {
  const settings = await (await fetch("jupyter-lite.json")).json();
  const options = settings["jupyter-config-data"].litePluginSettings[KERNEL].loadPyodideOptions;
  importScripts("static/pyodide/pyodide.js");
  const python = await load({ ...options, indexURL: new URL("static/pyodide/", location).href });
  let log; // the kernel's: a line in a panel that is closed, while the cell runs for ever
  Object.defineProperty(python._api, "on_fatal", {
    get: () => (error) => (postMessage({ ended: error.message }), log?.(error)),
    set: (value) => (log = value),
  });
  await python.runPythonAsync("import piplite.piplite, pyodide_kernel"); // as the kernel will
  return python;
}

begun = begin();
begun.catch(() => {});
self.onmessage = ({ data }) => {
  self.onmessage = null;
  importScripts(data.become);
};
postMessage({ there: true });
