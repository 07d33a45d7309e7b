"""Take the README's picture from the built site (make picture), so that it shows what is there."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import chromium  # noqa: E402

PAGE = ROOT / "_build" / "html" / "book" / "1_filters" / "1_edges.html"
PICTURE = ROOT / "book" / "images" / "readme.png"


def main() -> int:
    path = chromium.find()
    if path is None or not PAGE.exists():
        print("no built site or no Chromium: say make picture", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1400}, device_scale_factor=1.5)
        page.goto(PAGE.as_uri())
        figure = page.locator("[data-model=ConvolutionExplorer]")
        slider = figure.get_by_role("slider").first
        slider.fill("5")
        slider.blur()
        figure.scroll_into_view_if_needed()
        page.evaluate("window.scrollBy(0, -60)")
        shot = Image.open(io.BytesIO(figure.screenshot()))
        browser.close()
    PICTURE.parent.mkdir(exist_ok=True)
    shot.convert("RGB").quantize(128).save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1024:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
