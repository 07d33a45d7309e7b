"""The site under a path and without a network: book/_ext/offline.js keeps what was visited.

That Jupyter runs so, too, is shown by the second click in test_run_in_browser.py.
"""

from __future__ import annotations

import os
import shutil
import time

import pytest
from conftest import ROOT, watch
from sitekit import eventually, settle

CHAPTER = "book/1_filters/1_edges.html"
KEPT = """async () => {
  const came = ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind));
  const names = navigator.serviceWorker.controller ? came.map(({ name }) => name) : ["no keeper"];
  const files = await Promise.all(names.map((name) => caches.match(name.replace(/[?#].*/, ""))));
  return files.every(Boolean) || names.filter((name, i) => !files[i]);
}"""


def test_a_chapter_that_was_visited_is_alive_without_a_network(browser, site_folder, project):
    project.folder.symlink_to(site_folder)
    context = browser.new_context()
    page = context.new_page()
    faults = watch(page)
    page.goto(f"{project.url}/{CHAPTER}")
    settle(page)
    eventually(page, KEPT)
    assert not faults, faults

    project.network = "down"
    page.reload()
    settle(page)
    assert page.locator("[data-failed]").count() == 0
    assert page.locator("mjx-container").count() > 10
    place = page.locator("[data-model=ConvolutionExplorer]")
    before = place.inner_text()
    place.get_by_role("button", name="Step forward").click()
    page.wait_for_function(
        "before => document.querySelector('[data-model=ConvolutionExplorer]').innerText !== before",
        arg=before,
    )
    assert page.evaluate(
        "[...document.images].every((i) => i.loading === 'lazy' || i.naturalWidth)"
    )
    assert not faults, faults
    context.close()


PAGE = """<!DOCTYPE html>
<html data-content_root="./">
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script src="book.js" defer></script>
<script src="part.0123abc.js?v=1" defer></script>
<main>{build} build</main>
"""


def small_site(project, build: str) -> None:
    project.folder.mkdir()
    for name in ("offline.js", "static/book.js"):
        shutil.copy(ROOT / "book" / "_ext" / name, project.folder)
    (project.folder / "index.html").write_text(PAGE.format(build=build))
    (project.folder / "part.0123abc.js").write_text("window.part = 'one'")


def test_what_was_on_its_way_when_the_keeper_came_is_kept_as_well(browser, project):
    small_site(project, "<script>addEventListener('load', () => fetch('late.txt'))</script>")
    (project.folder / "late.txt").write_text("late")
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{project.url}/index.html")
    page.wait_for_function("navigator.serviceWorker.controller")
    eventually(page, KEPT)
    project.go.set()
    eventually(page, "async () => Boolean(await caches.match('late.txt'))")
    context.close()


def test_a_new_build_is_seen_at_once_and_kept_in_place_of_the_old(browser, project):
    first, part = project.folder / "index.html", project.folder / "part.0123abc.js"
    small_site(project, "one")
    for path in (first, part):
        os.utime(path, (1, 1))  # another second than the later build
    context = browser.new_context()
    page = context.new_page()
    faults = watch(page)
    page.goto(f"{project.url}/index.html?from=1")
    eventually(page, KEPT)

    first.write_text(PAGE.format(build="a later"))
    part.write_text("window.part = 'never asked for: its name is that of its content'")
    page.goto(f"{project.url}/index.html?from=2")
    assert page.inner_text("main") == "a later build"
    assert page.evaluate("part") == "one"
    later = "async () => (await (await caches.match(location.pathname)).text()).includes('later')"
    eventually(page, later)
    names = page.evaluate("""async () =>
      (await (await caches.open(new URL("./", location))).keys()).map(({ url }) => url)""")
    assert len(names) == 3, names

    project.network = "down"
    page.goto(f"{project.url}/index.html")
    assert page.inner_text("main") == "a later build"
    context.close()
    assert not faults, faults


@pytest.mark.parametrize("network", ["down", "ill", "hangs"])
def test_a_network_that_does_not_answer_well_hides_nothing_that_is_kept(browser, project, network):
    small_site(project, "one")
    os.utime(project.folder / "index.html", (1, 1))  # another second than the later build
    (project.folder / "other.html").write_text("never visited")
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{project.url}/index.html")
    eventually(page, KEPT)

    project.network = network
    (project.folder / "index.html").write_text(PAGE.format(build="a later"))
    page.goto(f"{project.url}/index.html?from=2", timeout=15_000)  # not from HTTP's own cache
    assert page.inner_text("main") == "one build"
    if network == "ill":  # said as it is where nothing is kept
        assert page.goto(f"{project.url}/other.html").status == 502
    if network == "hangs":
        start = time.perf_counter()
        assert page.evaluate("async () => (await fetch('book.js?again')).ok")
        assert time.perf_counter() - start < 4, "5 s for the page, but not for each of its files"
        # what comes at last is there the next time
        project.go.set()
        eventually(
            page,
            "async () => (await (await caches.match(location.pathname)).text()).includes('later')",
        )
    context.close()
