"""Execute the book's notebooks and store them normalised (make notebooks).

A stored notebook holds its text outputs, which strict nbval compares, and execution counts 1..n,
without which nbval compares nothing. It holds no images and no widget state: the build makes them
again, and diffs stay readable.

    python tools/notebooks.py                          all of book/
    python tools/notebooks.py book/1_filters/1_edges.ipynb
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import nbformat
import own_sockets  # noqa: F401
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
NOT_STORED = ("image/", "application/vnd.jupyter.widget-view+json", "application/javascript")
CELL_METADATA = ("tags", "mystnb", "nbgrader", "jupyter")  # jupyter: is the source folded?


def notebooks() -> list[Path]:
    """Every notebook of the book, in reading order."""
    return sorted(p for p in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def normalise(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Keep what is compared and what is read; drop the rest. Running it twice changes nothing."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        kept = {k: v for k, v in cell.metadata.items() if k in CELL_METADATA}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type != "code":
            continue
        outputs = []
        for output in cell.outputs:
            if "data" in output:
                for mime in [m for m in output.data if m.startswith(NOT_STORED)]:
                    del output.data[mime]
                output.metadata = nbformat.from_dict({})
                if not output.data:
                    continue
            # the kernel may send one text in several pieces: where it is cut is chance
            if (
                output.output_type == "stream"
                and outputs
                and outputs[-1].get("name") == output.name
            ):
                outputs[-1].text += output.text
                continue
            outputs.append(output)
        cell.outputs = outputs
    return notebook


def store(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write in one step, so that a killed run leaves the old notebook whole."""
    text = nbformat.writes(notebook).rstrip("\n") + "\n"
    if path.exists() and path.read_text() == text:
        return
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    os.replace(partial, path)


def run(path: Path) -> bool:
    """Execute one notebook and store it; an error leaves the stored one as it was."""
    start = time.perf_counter()
    notebook = nbformat.read(path, as_version=4)
    print(f"{path.relative_to(ROOT)} … ", end="", flush=True)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        print(f"FAILED\n{error}")
        return False
    store(normalise(notebook), path)
    print(f"{time.perf_counter() - start:.1f} s")
    return True


def main() -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the Makefile says, and
    os.environ["TQDM_DISABLE"] = "1"
    paths = [Path(p).resolve() for p in sys.argv[1:]] or notebooks()
    missing = [p for p in paths if not p.is_file()]
    for path in missing:
        print(f"no such notebook: {path}", file=sys.stderr)
    results = [] if missing else [run(path) for path in paths]  # all of them, also after a failure
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
