"""What is asked of two words of each look is asked of all."""

from __future__ import annotations

from axe import colours, violations

PAGE = """<!doctype html><html lang="en"><title>Test</title><style>
  html { background: white; color: black }
  .dark { background: #222; color: white }
  .dark p:nth-child(7) { color: #444 }
</style><main><h1>Test</h1>%s</main>"""


def page_of(page, *parts):
    page.set_content(PAGE % "".join(parts))


MANY = "<p>one <b>two</b></p>" * 50


def test_one_faint_word_among_many_is_found(page):
    page_of(page, MANY, f"<div class=dark>{MANY}</div>")
    assert len(colours(page)) == 2  # the seventh paragraph and what is bold in it
    page_of(page, MANY, '<p style="color: #aaa">three</p>', MANY)
    assert colours(page) == colours(page, each=True)
    assert len(colours(page)) == 1
    for faint in (
        '<div style="opacity: 0.3"><p>on white</p></div>',
        '<div class=dark><div style="background: #eee"><p>white on this</p></div></div>',
        '<div style="background: #333"><p>black on this</p></div>',
    ):
        page_of(page, MANY, MANY)
        assert colours(page) == []
        page_of(page, MANY, faint, MANY)
        assert len(colours(page)) == 1, faint


def test_what_is_disabled_does_not_stand_for_the_rest(page):
    dead = '<button disabled style="color: #aaa">one</button>' * 3
    page_of(page, dead)
    assert colours(page) == []
    page_of(page, dead, '<button style="color: #aaa">two</button>')
    assert len(colours(page)) == 1


def test_the_rest_is_asked_of_everything(page):
    page_of(page, MANY, "<input>", MANY, "<img src='data:,'>")
    assert sorted(found.split(":")[0] for found in violations(page)) == ["image-alt", "label"]
