// The browser's Python under Node: node python.mjs <pyodide folder> <program.py> [argument] [dir=mount…]
// The program's last value, a string, is written to standard output. In a built site, Python starts
// with the packages that the application starts with; in any other folder, bare.
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, program, argument, ...mounts] = process.argv.slice(2);
const config = `${folder}/../../jupyter-lite.json`;
const settings = existsSync(config) ? JSON.parse(readFileSync(config)) : {};
const plugins = settings["jupyter-config-data"]?.litePluginSettings ?? {};
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const python = await loadPyodide({
  ...plugins["@jupyterlite/pyodide-kernel-extension:kernel"]?.loadPyodideOptions,
  indexURL: `${folder}/`,
  stdout: (text) => process.stderr.write(`${text}\n`),
});
for (const mount of mounts) {
  const [root, point] = mount.split("=");
  python.FS.mkdirTree(point);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, point);
}
python.globals.set("argument", argument);
const result = await python.runPythonAsync(readFileSync(program, "utf8")).catch((error) => {
  process.stderr.write(`${error.message}\n`); // Node would show a megabyte of source before it
  process.exit(1);
});
process.stdout.write(result, () => process.exit(0));
