"""The built site as files: links, pictures, icons, and what must not be in them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT

pytestmark = pytest.mark.xdist_group("pages")  # each page is read once
HTML = ROOT / "_build" / "html"
LITE = HTML / "lite"  # JupyterLite's files: see test_run_in_browser.py
PAGES = sorted(
    str(page.relative_to(HTML)) for page in HTML.rglob("*.html") if LITE not in page.parents
) or ["index.html"]


@cache
def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf8"), "html.parser")


@cache
def anchors(path: Path) -> set[str]:
    return {tag["id"] for tag in soup(path).find_all(id=True)} | {"", "top"}


def addresses(path: Path):
    """(address, tag) of everything that the page links to or loads."""
    for tag in soup(path).find_all(True):
        for attribute in ("href", "src"):
            if tag.get(attribute):
                yield tag[attribute], tag


@pytest.mark.parametrize("name", PAGES)
def test_every_internal_link_and_anchor_resolves(site_folder, name):
    page = site_folder / name
    broken = []
    for address, _ in addresses(page):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        found = target.is_file()
        if found and target.suffix == ".html":
            found = unquote(parts.fragment) in anchors(target)
        if not found:
            broken.append(address)
    assert not broken


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_from_another_host(site_folder, name):
    loaded = [
        address
        for address, tag in addresses(site_folder / name)
        if tag.name != "a" and re.match(r"(?:https?:)?//", address)
    ]
    assert not loaded
    html = (site_folder / name).read_text(encoding="utf8")
    for host in ("jsdelivr", "unpkg", "cdnjs", "googleapis", "mybinder"):
        assert host not in html


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_has_words(site_folder, name):
    for image in soup(site_folder / name).find_all("img"):
        alt = image.get("alt")
        assert alt is not None, image
        if image.find_parent("article"):
            assert len(alt.split()) >= 6, f"no sentence: {image}"
            assert not re.search(r"\.(?:png|svg|jpe?g)|_images", alt), f"a path is no text: {image}"


@pytest.mark.parametrize("name", PAGES)
def test_one_page_one_title_one_id_each(site_folder, name):
    page = soup(site_folder / name)
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids)), [i for i in ids if ids.count(i) > 1]
    assert page.title.get_text(strip=True)
    assert page.html["lang"] == "en"


def test_the_same_on_every_machine(site_folder):
    """No path of this machine and no model id of this build gets into the site."""
    text = [*site_folder.rglob("*.html"), *site_folder.rglob("*.ipynb")]
    text += [*site_folder.rglob("*.js"), *site_folder.rglob("*.txt")]
    for path in text:
        content = path.read_text(encoding="utf8")
        assert str(ROOT) not in content, path
        if LITE in path.parents:
            continue
        assert not re.search("IPY_MODEL_[0-9a-f]", content) or path.suffix == ".ipynb", path
    for name in PAGES:
        page = soup(site_folder / name)
        models = [tag["data-model"] for tag in page.find_all(attrs={"data-model": True})]
        state = page.find(id="cnnbook-state")
        assert not any(re.search(r"\b[0-9a-f]{32}\b", model) for model in models)
        assert state is None or not re.search(r'"[0-9a-f]{32}"', state.string)


def test_every_icon_is_in_the_font(site_folder):
    from fontTools.ttLib import TTFont

    static = site_folder / "_static"
    css = (static / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf8")
    codes = {
        name: int(code, 16)
        for names, code in re.findall(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\(\w+)"', css)
        for name in re.findall(r"fa-[\w-]+", names)
    }
    font = TTFont(static / "vendor" / "fontawesome" / "webfonts" / "fa-solid-900.woff")
    drawn = set(font.getBestCmap())
    style = {"fa-solid", "fa-lg", "fa-sm", "fa-fw", "fa-regular", "fa-brands"}
    for name in PAGES:
        for tag in soup(site_folder / name).find_all(class_=re.compile(r"^fa-")):
            icons = [c for c in tag["class"] if c.startswith("fa-") and c not in style]
            assert all(codes.get(icon) in drawn for icon in icons), tag
    for icon in ("pst-icon-info-circle", "pst-icon-lightbulb", "pst-icon-exclamation-triangle"):
        assert ord(re.search(rf'--{icon}:"(.)"', css)[1]) in drawn, "admonitions have icons, too"


def test_what_nobody_asks_for_is_not_shipped(site_folder):
    size = sum(path.stat().st_size for path in (site_folder / "_static").rglob("*"))
    assert size < 4_000_000, f"_static has {size} bytes"
    names = {path.name for path in (site_folder / "_static").rglob("*")}
    assert not any(re.search(r"thebe|fontawesome\.js|\.map$|\.ttf$", name) for name in names)
