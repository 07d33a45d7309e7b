"""Golden vectors: what augmentation.js computes in a real browser is what cnnlib.data computes."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import ROOT, serve

from cnnlib.data import mnist, photograph
from cnnlib.widgets import AugmentationLab
from cnnlib.widgets import augmentation_lab as lab

WIDGETS = ROOT / "cnnlib" / "widgets"


@pytest.fixture(scope="module")
def augmentation(browser):
    """Calls of augmentation.js as it stands: augmentation("drawn", [arguments, …])."""
    server, url = serve(WIDGETS)
    page = browser.new_page()
    page.goto(f"{url}/augmentation.js")

    def call_each(name, cases):
        script = """async ([url, name, cases]) => {
            const augmentation = await import(url);
            return cases.map((args) => {
                const made = augmentation[name](...args);
                return made.pixels ? [...made.pixels] : made;
            });
        }"""
        return page.evaluate(script, [f"{url}/augmentation.js", name, cases])

    yield call_each
    page.close()
    server.shutdown()
    server.server_close()


def as_picture(image):
    sizes = dict(zip(("rows", "columns", "channels"), image.shape, strict=True))
    return {**sizes, "pixels": image.ravel().tolist()}


IMAGES = {
    "grey": mnist().X[6],
    "colour": photograph(32, colour=True),
    "not square": np.random.default_rng(0).integers(0, 256, (7, 12, 3), dtype=np.uint8),
    "one row": np.random.default_rng(1).integers(0, 256, (1, 5, 1), dtype=np.uint8),
}


def test_the_same_numbers_from_the_same_seed(augmentation):
    seeds = [0, 1, 77, 9999]
    for seed, u in zip(
        seeds, augmentation("uniforms", [[seed, 200] for seed in seeds]), strict=True
    ):
        np.testing.assert_array_equal(lab.uniforms(seed, 200), u)
    u = lab.uniforms(5, 20_000)
    assert abs(u.mean() - 0.5) < 0.01
    assert 0 <= u.min() < 0.001 < 0.999 < u.max() < 1


@pytest.mark.parametrize("kind", lab.STRENGTHS)
def test_the_same_draws(augmentation, kind):
    cases = [
        [kind, s, seed, *size]
        for s in lab.STRENGTHS[kind]
        for seed in range(30)
        for size in ((28, 28), (7, 12))
    ]
    for case, amounts in zip(cases, augmentation("drawn", cases), strict=True):
        np.testing.assert_allclose(amounts, lab.drawn(*case), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("kind", lab.STRENGTHS)
def test_the_same_pictures(augmentation, kind, name):
    """To one level of 256, where two roundings meet; and nearly everywhere to the level."""
    image = IMAGES[name]
    if kind in ("saturation", "hue") and image.shape[2] == 1:
        pytest.skip("a grey picture has none")
    strongest = lab.STRENGTHS[kind][-1]
    amounts = [
        lab.drawn(kind, s, seed, *image.shape[:2])
        for s in (strongest, lab.STRENGTHS[kind][2])
        for seed in range(6)
    ]
    size = image.shape[:2]
    amounts += augmentation("ends", [[kind, strongest, 0, *size]])[0]
    cases = [[as_picture(image), kind, a] for a in amounts]
    for a, pixels in zip(amounts, augmentation("augmented", cases), strict=True):
        expected = lab.changed(image, kind, a).astype(int).ravel()
        difference = np.abs(expected - pixels)
        assert difference.max() <= 1, (kind, a)
        assert (difference > 0).mean() < 0.06, (kind, a)


@pytest.mark.parametrize("kind", lab.STRENGTHS)
def test_the_ends_are_the_limits_of_the_draws(augmentation, kind):
    """Every draw lies between the two ends, and the step of strength zero does nothing."""
    image = IMAGES["colour"]
    for s in lab.STRENGTHS[kind]:
        if kind == "noise":
            continue
        (low, high) = augmentation("ends", [[kind, s, 0, 32, 32]])[0]
        for seed in range(40):
            a = lab.drawn(kind, s, seed, 32, 32)
            if kind == "crop":  # the ends are the smallest windows
                assert a[2] >= low[2]
                a = [*a[:2], *low[2:]]
            limits = zip(low, high, strict=True)
            assert all(
                min(pair) - 1e-9 <= x <= max(pair) + 1e-9 for pair, x in zip(limits, a, strict=True)
            )
    nothing = AugmentationLab(kind=kind, strength=lab.STRENGTHS[kind][0], picture=4)
    np.testing.assert_array_equal(nothing.output, nothing.image)
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(nothing.step(image[None], rng)[0], image)


def test_steps_and_strengths():
    """The widget's step is cnnlib's, ready for `fit`; what is not offered is refused."""
    widget = AugmentationLab(kind="upside down", strength=0.25)
    assert repr(widget.step) == "flip(0.25, upside_down=True)"
    assert repr(AugmentationLab(kind="hue", picture=4)) == (
        "AugmentationLab(an orange suit, colour_jitter(hue=0.1))"
    )
    widget.kind, widget.level = "crop", 99  # beyond the last: the last
    assert repr(widget.step) == "crop(0.4, padding=0)"
    with pytest.raises(ValueError, match="one of 0, 5, 10, 20, 30"):
        AugmentationLab(strength=7)
    with pytest.raises(ValueError, match="3 channels"):
        AugmentationLab(kind="hue").output.sum()


def test_own_pictures():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    widget = AugmentationLab([image, image[..., 0]], ["a", "b"], picture=1)
    assert widget.image.shape == (4, 4, 1)
    assert widget.verdicts == {}
    for images, labels, words in (
        ([image / 255], ["a"], "must be uint8"),
        ([image], [], "1 images and 0 labels"),
        ([], [], "0 images"),
        ([np.zeros((1, 129), np.uint8)], ["a"], "at most 128"),
    ):
        with pytest.raises(ValueError, match=words):
            AugmentationLab(images, labels)


@pytest.mark.parametrize("digit", ["the digit 6", "the digit 8"])
def test_no_digit_is_written_on_its_side(digit):
    """What draws an angle of 90° keeps neither label, and so nothing that draws more does."""
    most, _, why_not = AugmentationLab().verdicts[digit]["rotate"]
    assert most == 30
    assert "At 90° it is" in why_not
    assert "180°" in why_not  # the half turn: a 9, or an 8 again


def test_every_verdict_belongs_to_a_strength():
    """Each picture of the book has an answer for each kind that its channels allow."""
    widget = AugmentationLab()
    for shown in widget.pictures:
        known = widget.verdicts[shown["label"]]
        for kind, strengths in lab.STRENGTHS.items():
            if kind in ("saturation", "hue") and shown["channels"] == 1:
                continue
            most, why, why_not = known[kind]
            assert most in strengths
            assert why
            stronger = [s for s in strengths if (s < most if kind == "crop" else s > most)]
            assert bool(stronger) == bool(why_not), (shown["label"], kind)
