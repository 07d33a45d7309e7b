// Python starts while JupyterLab is still loading, on the other core: the kernel's first worker is
// begun here (early_python.js), and handed over when the kernel asks for one. That saves two seconds
// of ten.
"use strict";
{
  const Plain = Worker;
  let early = new Plain(new URL("early_python.js", document.currentScript.src));
  early.onerror = () => (early = null);
  window.Worker = class extends Plain {
    constructor(url, options) {
      if (!early || !String(url).includes("pyodide-kernel-extension")) return super(url, options);
      const worker = early;
      early = null; // after a restart the kernel starts its own
      worker.postMessage({ become: String(url) });
      return worker;
    }
  };
}
