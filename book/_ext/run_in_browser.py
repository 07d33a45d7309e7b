"""A chapter's button "Run in the browser", and the application that it opens, in the site.

Where Pyodide's files cannot be had, or with LITE=0 in the environment, the site has neither; with
LITE=1, as it is published, there is no site without them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import quote

from sphinx.errors import ExtensionError
from sphinx.util import logging

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import lite  # noqa: E402
import own_sockets  # noqa: E402, F401
import pyodide  # noqa: E402

# What cannot run in a browser, and why, as the page says it: `make lite-all` finds them.
NOT_HERE = {
    "book/appendices/f_parallel": "it starts processes, and the browser's Python is one process",
}
# What trains for long there, a product of matrices being 6 to 70 times slower: minutes for all of
# its cells on 2 cores (LITE_ALL=1 pytest -s tests/lite says the seconds).
MINUTES = {
    "book/4_training/4_training": 5,
    "book/5_architectures/1_residual": 2,
    "book/5_architectures/2_inception": 3,
}
BUTTON = """</h1>
<p class="run-here"><a class="run-here-button" href="{run}">Run in the browser</a>
<a href="{copies}">Your copies</a>{time}</p>
"""
# not in an exercise: the page has its solution, the student version has not
HERE = """
<p class="run-here-page">
<button type="button" class="here-button">Edit and run on this page</button></p>
"""
TIME = """
<span>Its trainings take about {minutes} minutes there.</span>"""
NO_BUTTON = """</h1>
<p class="run-here">This page does not run in the browser: {why}.</p>
"""
log = logging.getLogger(__name__)


def prepare(app):
    app.pyodide = None
    if app.builder.name != "html":
        return
    try:
        if os.environ.get("LITE") == "0":
            raise pyodide.Unavailable("LITE=0 leaves it out")
        app.pyodide = pyodide.ensure(say=log.info)
    except pyodide.Unavailable as error:
        if os.environ.get("LITE") == "1":
            raise ExtensionError(
                f"no Python for the browser, and LITE=1 asks for it: {error}"
            ) from error
        log.info("no 'Run in the browser' on this site: pyodide %s: %s", pyodide.VERSION, error)


def notebook(app, pagename) -> str | None:
    """The path in the application of a page that can run there."""
    path = Path(app.env.doc2path(pagename)) if pagename in app.env.found_docs else None
    if path is None or path.suffix != ".ipynb" or pagename in {app.config.root_doc, *NOT_HERE}:
        return None
    return f"{pagename.removeprefix('book/')}.ipynb"


def add_button(app, pagename, templatename, context, doctree):
    if not app.pyodide or doctree is None:
        return
    if pagename in NOT_HERE:
        button = NO_BUTTON.format(why=NOT_HERE[pagename])
    elif path := notebook(app, pagename):
        run = f"{context['pathto']('lite/notebooks/index.html', 1)}?path={quote(path)}"
        copies = context["pathto"]("lite/copies.html", 1)
        time = TIME.format(minutes=MINUTES[pagename]) if pagename in MINUTES else ""
        button = BUTTON.format(run=run, copies=copies, time=time)
        button += "" if path.startswith("exercises/") else HERE
    else:
        return
    context["body"] = context["body"].replace("</h1>", button, 1)


def add_application(app, exception):
    if exception or not app.pyodide:
        return
    found = {notebook(app, page): page for page in app.env.found_docs}
    sources = {path: Path(app.env.doc2path(page)) for path, page in found.items() if path}
    log.info("building the application that runs %d notebooks in the browser", len(sources))
    try:
        lite.build(app.pyodide, dict(sorted(sources.items())), Path(app.outdir, "lite"))
    except RuntimeError as error:
        raise ExtensionError(str(error)) from error


def setup(app):
    app.connect("builder-inited", prepare)
    app.connect("html-page-context", add_button, priority=950)  # after cnnbook has mended the page
    app.connect("build-finished", add_application, priority=450)  # its pages are none of Sphinx's
    return {"parallel_read_safe": True, "parallel_write_safe": True}
