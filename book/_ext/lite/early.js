// Python starts while JupyterLab is still loading, on the other core: the kernel's first worker is
// begun here (early_python.js), and handed over when the kernel asks for one. That saves two seconds
// of ten. (Where a page may share memory the kernel talks to its worker in another way: not there.)
"use strict";
if (!crossOriginIsolated) {
  const Plain = Worker;
  let early = new Plain(new URL("early_python.js", document.currentScript.src));
  let there = false;
  early.addEventListener("message", ({ data }) => { // (onmessage is the kernel's)
    if (data?.there) there = true;
    if (data?.ended) tell(`Python came to an end: ${data.ended}. Save, then restart the kernel.`);
    if (data?.failed) tell(`Python could not start: ${data.failed}. Reload the page to try again.`);
  });
  window.Worker = class extends Plain {
    constructor(url, options) {
      if (!early || !String(url).includes("pyodide-kernel-extension")) return super(url, options);
      const worker = early;
      early = null; // after a restart the kernel starts its own
      if (!there) { // its program has not come, and may never come
        worker.terminate();
        return super(url, options);
      }
      worker.postMessage({ become: String(url) });
      return worker;
    }
  };
}

function tell(words) {
  const line = document.createElement("p");
  line.setAttribute("role", "alert");
  line.style = "position: fixed; inset: auto 0 0; z-index: 1000; margin: 0; padding: 0.75rem 1rem; "
    + "font: 1rem/1.5 system-ui, sans-serif; color: #fff; background: #9c2f00;";
  line.textContent = words;
  document.body.append(line);
}

// Who comes here first, by a bookmark, has the site without a network as well (see book.js).
const keeper = new URL("../offline.js", document.currentScript.src);
addEventListener("load", () => navigator.serviceWorker?.register(keeper).catch(() => {}));
