"""Augmentation: exact changes against hand cases and oracles, random ones as properties."""

from __future__ import annotations

import colorsys
import sys

import numpy as np
import pytest

from cnnlib.data import augment, colour, digits, geometry, photograph
from cnnlib.data.augment import colour_jitter, compose, crop, flip, noise, rotate, shift

DTYPES = [np.uint8, np.float32, np.float64]


def batch(dtype=np.float32, shape=(5, 9, 7, 3), seed=0):
    x = np.random.default_rng(seed).random(shape)
    X = np.rint(255 * x).astype(np.uint8) if dtype == np.uint8 else x.astype(dtype)
    X.setflags(write=False)
    return X


def rng(seed=0):
    return np.random.default_rng(seed)


# ---- properties of every step ---------------------------------------------------------------
STEPS = [
    shift(2),
    crop(0.6),
    crop(1, padding=2),
    rotate(30),
    flip(),
    flip(0.5, upside_down=True),
    noise(0.3),
    colour_jitter(brightness=0.5),
    colour_jitter(contrast=0.9),
    colour_jitter(saturation=0.9),
    colour_jitter(hue=0.5),
    compose(shift(1), rotate(10), colour_jitter(0.3, 0.3, 0.3, 0.1), noise(0.05)),
]
NOTHING = [
    *(shift(0), crop(1), rotate(0), flip(0), noise(0), colour_jitter()),
    *(compose(), compose(shift(0), flip(0, upside_down=True))),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_shape_dtype_and_range_are_kept_and_the_argument_too(step, dtype):
    X = batch(dtype)  # read-only
    before = X.copy()
    for seed in range(5):
        A = step(X, rng(seed))
        assert (A.shape, A.dtype) == (X.shape, dtype)
        assert A.min() >= 0
        assert A.max() <= (255 if dtype == np.uint8 else 1)
        assert A.flags.writeable
    assert np.array_equal(X, before)


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_same_seed_same_pictures_other_seed_others(step):
    X = batch()
    assert np.array_equal(step(X, rng(3)), step(X, rng(3)))
    assert not np.array_equal(step(X, rng(3)), step(X, rng(4)))


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_every_image_has_its_own_draw(step):
    X = np.repeat(batch(shape=(1, 9, 7, 3)), 50, axis=0)
    assert len(np.unique(step(X, rng()), axis=0)) > 1


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_any_memory_layout(step):
    X = batch(shape=(4, 6, 6, 3))
    for other in (np.asfortranarray(X), np.repeat(X, 2, axis=2)[:, :, ::2], X[:, ::-1][:, ::-1]):
        # the mean of an image may be summed in another order
        assert np.allclose(step(other, rng(1)), step(X, rng(1)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", NOTHING, ids=repr)
def test_strength_zero_is_the_identity_and_a_copy(step, dtype):
    X = batch(dtype)
    A = step(X, rng())
    assert np.array_equal(A, X)
    assert A.dtype == X.dtype
    assert not np.shares_memory(A, X)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "change",
    [
        lambda X: geometry.shift(X, 0, 0),
        lambda X: geometry.rotate(X, 0),
        lambda X: geometry.rotate(X, [0, 360, -360, 720, 0]),
        lambda X: geometry.crop(X, 0, 0, 9, 7),
        lambda X: colour.brightness(X, 1),
        lambda X: colour.contrast(X, 1),
        lambda X: colour.saturation(X, 1),
    ],
)
def test_the_exact_changes_have_their_identity_to_the_bit(change, dtype):
    X = batch(dtype)
    assert np.array_equal(change(X), X)


# ---- shift, crop, flip ----------------------------------------------------------------------
@pytest.mark.parametrize("dtype", DTYPES)
def test_shift_by_one_moves_every_pixel_by_one(dtype):
    X = batch(dtype)
    A = geometry.shift(X, 1, -2)
    assert np.array_equal(A[:, 1:, :-2], X[:, :-1, 2:])
    assert not A[:, 0].any()
    assert not A[:, :, -2:].any()


def test_shift_each_by_its_own_and_out_of_sight():
    X = batch()
    A = geometry.shift(X, [0, 8, -8, 9, -100], 0)
    assert np.array_equal(A[0], X[0])
    assert np.array_equal(A[1, 8], X[1, 0])
    assert np.array_equal(A[2, 0], X[2, 8])
    assert not A[3:].any()
    assert not geometry.shift(X, 0, [7, -7, 8, 100, -9]).any()


def test_shift_agrees_with_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    X = batch(np.float64)
    for down, right in ((2, 1), (-3, 0), (0, -4)):
        expected = ndimage.shift(X, (0, down, right, 0), order=0)
        assert np.array_equal(geometry.shift(X, down, right), expected)


def test_random_shifts_reach_every_place_equally_often():
    X = np.zeros((5000, 5, 7, 1), np.uint8)
    X[:, 2, 3] = 1
    counts = shift(2)(X, rng()).sum(axis=0)[..., 0]
    assert counts.shape == (5, 7)
    assert not counts[:, [0, 6]].any()
    assert 140 < counts[:, 1:6].min() <= counts.max() < 260  # 200 expected


def test_crop_with_padding_alone_is_a_shift():
    X = batch(shape=(50, 9, 7, 3))
    A = crop(1, padding=2)(X, rng())
    for a, x in zip(A, X, strict=True):
        moved = [geometry.shift(x[None], i, j)[0] for i in range(-2, 3) for j in range(-2, 3)]
        assert any(np.array_equal(a, other) for other in moved)


def test_crop_of_the_right_size_is_a_slice():
    X = batch()
    A = geometry.crop(X, [0, 1, 2, 3, 4], 2, 5, 4, size=(5, 4))
    assert all(np.array_equal(A[n], X[n, n : n + 5, 2:6]) for n in range(5))


def test_crop_stretches_a_ramp_into_a_ramp():
    ramp = np.broadcast_to(np.linspace(0, 1, 16)[:, None], (1, 16, 12, 1)[1:3])[None, ..., None]
    A = geometry.crop(ramp.astype(np.float64), 4, 0, 8, 6)
    # bilinear at twice the size: steps of half, and each border pixel repeated
    inner = A[0, 1:-1, 5, 0]
    assert np.allclose(np.diff(inner), 1 / 30, atol=1e-6)
    assert np.allclose(inner[0], 4 / 15 + 0.25 / 15, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_interpolation_stays_in_range(dtype):
    X = np.full((200, 9, 7, 1), 255 if dtype == np.uint8 else 1, dtype)
    assert (crop(0.2)(X, rng()) == X).all()
    for seed in range(20):
        X = np.rint(batch(dtype, (9, 11, 11, 1), seed)).astype(dtype)  # borders of 0 and 1
        assert rotate(180)(X, rng(seed)).min() >= 0
        assert rotate(180)(X, rng(seed)).max() <= X.max()


def test_crop_magnifies():
    X = np.zeros((200, 20, 20, 1), np.float32)
    X[:, 8:12, 8:12] = 1
    area = crop(0.5)(X, rng()).sum(axis=(1, 2, 3))
    assert area.max() > 50  # 16 pixels at twice the size
    whole = area[area > 15]
    assert 20 < np.median(whole) < 50


@pytest.mark.parametrize("dtype", DTYPES)
def test_flip_is_a_reversed_axis(dtype):
    X = batch(dtype)
    assert np.array_equal(flip(1)(X, rng()), X[:, :, ::-1])
    assert np.array_equal(flip(1, upside_down=True)(X, rng()), X[:, ::-1])


def test_flip_does_each_image_or_not_half_of_the_time():
    X = batch(shape=(1000, 3, 4, 1))
    A = flip()(X, rng())
    mirrored = (X[:, :, ::-1] == A).all(axis=(1, 2, 3))
    kept = (A == X).all(axis=(1, 2, 3))
    assert (mirrored ^ kept).all()
    assert 450 < mirrored.sum() < 550


# ---- rotate ---------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("quarters", [1, 2, 3, -1])
def test_quarter_turns_are_rot90(dtype, quarters):
    X = batch(dtype, (3, 8, 8, 2))
    expected = np.rot90(X, quarters, axes=(1, 2))
    assert np.allclose(geometry.rotate(X, 90 * quarters), expected, rtol=0, atol=1e-7)


def test_rotation_agrees_with_scipy_inside():
    ndimage = pytest.importorskip("scipy.ndimage")
    I = ndimage.gaussian_filter(photograph(64) / 255, 1)
    for angle in (10, -33, 120):
        mine = geometry.rotate(I[None, :, :, None], angle)[0, :, :, 0]
        theirs = ndimage.rotate(I, angle, reshape=False, order=1)
        # 64ths of a turn about the same centre; only the border is blended otherwise
        y, x = np.indices(I.shape) - 31.5
        inside = y**2 + x**2 < 30**2
        assert np.abs(mine - theirs)[inside].max() < 2e-3


def test_rotation_there_and_back_keeps_a_smooth_spot():
    y, x = np.indices((41, 41)) - 20
    spot = np.exp(-(x**2 + 3 * (y - 4) ** 2) / 100)[None, :, :, None]
    back = geometry.rotate(geometry.rotate(spot, 25), -25)
    assert np.abs(back - spot)[:, 8:-8, 8:-8].max() < 0.02  # interpolating twice blurs a little
    assert np.abs(geometry.rotate(spot, 50) - spot).max() > 0.2


def test_angles_stay_within_their_limit():
    line = np.zeros((200, 41, 41, 1), np.float32)
    line[:, 20, 20:] = 1
    y, x = np.nonzero(rotate(15)(line, rng()).max(axis=0)[..., 0] > 0.5)
    angle = np.degrees(np.arctan2(20 - y, x - 20))[x > 32]
    assert -17 < angle.min() < -13
    assert 13 < angle.max() < 17


# ---- noise ----------------------------------------------------------------------------------
def test_noise_has_its_standard_deviation_in_units_of_the_range():
    X = np.full((10, 50, 50, 1), 0.5, np.float32)
    added = noise(0.05)(X, rng()) - X
    assert abs(added.std() - 0.05) < 0.001
    assert abs(added.mean()) < 0.001
    bytes_ = noise(0.1)(np.full((10, 50, 50, 1), 128, np.uint8), rng())
    assert abs(bytes_.std() - 25.5) < 0.5


def test_noise_at_the_borders_is_clipped_not_wrapped():
    X = np.zeros((1, 50, 50, 1), np.uint8)
    A = noise(0.1)(X, rng())
    assert A.max() < 130
    assert (A == 0).mean() > 0.45


# ---- colour ---------------------------------------------------------------------------------
def test_brightness_and_contrast_by_hand():
    X = np.array([0.1, 0.3, 0.8]).reshape(1, 1, 3, 1)
    assert np.allclose(colour.brightness(X, 2).ravel(), [0.2, 0.6, 1.0])
    assert np.allclose(colour.brightness(X, 0), 0)
    assert np.allclose(colour.contrast(X, 0.5).ravel(), [0.25, 0.35, 0.6])
    assert np.allclose(colour.contrast(X, 0), 0.4)


def test_contrast_is_about_the_mean_of_each_image():
    X = batch(np.float64) * np.array([0.1, 0.3, 0.5, 0.8, 1]).reshape(-1, 1, 1, 1)
    for a, x in zip(colour.contrast(X, 0), X, strict=True):
        assert np.allclose(a, (x @ [0.299, 0.587, 0.114]).mean())


def test_saturation_zero_is_grey_as_pillow_sees_it():
    from PIL import Image

    X = batch(np.uint8)
    A = colour.saturation(X, 0)
    assert np.array_equal(A[..., 0], A[..., 1])
    assert np.array_equal(A[..., 0], A[..., 2])
    grey = np.stack([np.asarray(Image.fromarray(x).convert("L")) for x in X])
    assert np.abs(A[..., 0].astype(int) - grey).max() <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_grey_picture_has_no_hue_and_no_saturation(dtype):
    X = np.repeat(batch(dtype, (4, 5, 6, 1)), 3, axis=3)
    assert np.array_equal(colour.hue(X, [0.1, 0.3, -0.4, 1]), X)
    assert np.allclose(colour.saturation(X, 1.7), X, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_hue_by_thirds_permutes_the_channels_and_a_full_circle_is_the_identity(dtype):
    X = batch(dtype)
    for thirds in (-2, -1, 1, 2, 3):
        turned = colour.hue(X, thirds / 3)
        assert np.allclose(turned, np.roll(X, thirds, axis=3), rtol=0, atol=1e-6)
    assert np.allclose(colour.hue(X, 1), X, rtol=0, atol=1e-6)


def test_hue_agrees_with_colorsys():
    X = batch(np.float64)
    X = np.concatenate([X.reshape(1, -1, 1, 3), np.indices((2, 2, 2)).T.reshape(1, -1, 1, 3)], 1)
    for turns in (0.1, -0.25, 0.5):
        expected = []
        for r, g, b in X.reshape(-1, 3).tolist():
            h, s, v = colorsys.rgb_to_hsv(r, g, b)
            expected.append(colorsys.hsv_to_rgb((h + turns) % 1, s, v))
        assert np.allclose(colour.hue(X, turns).reshape(-1, 3), expected, atol=1e-12)


def test_hue_turns_back():
    X = batch(np.float64)
    assert np.allclose(colour.hue(colour.hue(X, 0.17), -0.17), X, atol=1e-12)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_jitter_draws_factors_from_one_minus_to_one_plus_strength(name, monkeypatch):
    seen = []
    monkeypatch.setattr(colour, name, lambda X, factor: seen.extend(factor) or X)
    colour_jitter(**{name: 0.4})(batch(shape=(1000, 1, 1, 3)), rng())
    assert 0.6 <= min(seen) < 0.61
    assert 1.39 < max(seen) <= 1.4


def test_jitter_draws_turns_on_both_sides(monkeypatch):
    seen = []
    monkeypatch.setattr(colour, "hue", lambda X, turns: seen.extend(turns) or X)
    colour_jitter(hue=0.1)(batch(shape=(1000, 1, 1, 3)), rng())
    assert -0.1 <= min(seen) < -0.099
    assert 0.099 < max(seen) <= 0.1


def test_grey_images_take_brightness_and_contrast_but_no_colour():
    X = batch(shape=(3, 8, 8, 1))
    assert colour_jitter(0.3, 0.3)(X, rng()).shape == X.shape
    for step in (colour_jitter(saturation=0.1), colour_jitter(hue=0.1)):
        with pytest.raises(ValueError, match="needs 3 channels"):
            step(X, rng())


# ---- composition ----------------------------------------------------------------------------
def test_compose_applies_from_left_to_right_with_one_rng():
    X, r = batch(), rng(7)
    by_hand = noise(0.1)(flip()(shift(2)(X, r), r), r)
    assert np.array_equal(compose(shift(2), flip(), noise(0.1))(X, rng(7)), by_hand)


def test_any_function_is_a_step():
    def invert(X, rng):
        return 1 - X

    step = compose(invert, compose(invert, shift(0)))
    assert np.allclose(step(batch(), rng()), batch(), rtol=0, atol=1e-6)
    assert repr(step) == "compose(invert, compose(invert, shift(0)))"


def test_reprs_are_the_calls_that_made_them():
    for step in (*STEPS, *NOTHING):
        again = eval(repr(step), vars(augment))
        assert np.array_equal(again(batch(), rng(2)), step(batch(), rng(2)))


def test_augmented_digits_are_still_their_digits():
    """Nearest mean of the real digits still knows most of the shifted and noisy ones."""
    X, y = digits()
    X, y = X[:600] / np.float32(16), y[:600]
    means = np.stack([X[y == c].mean(axis=0) for c in range(10)]).reshape(10, -1)

    def accuracy(A):
        A = A.reshape(len(A), -1)
        nearest = ((means**2).sum(axis=1) - 2 * A @ means.T).argmin(axis=1)
        return (nearest == y).mean()

    assert accuracy(compose(rotate(10), noise(0.05))(X, rng())) > 0.85
    assert accuracy(rotate(180)(X, rng())) < 0.6  # … and this one lies


# ---- bad input ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: shift(-1), ValueError, "shift: pixels is -1"),
        (lambda: shift(0.1), TypeError, "shift: pixels is 0.1"),
        (lambda: crop(0), ValueError, "empty window"),
        (lambda: crop(1.2), ValueError, "smallest is 1.2: use a number from 0 to 1"),
        (lambda: crop(1, padding=-1), ValueError, "padding is -1"),
        (lambda: rotate(-10), ValueError, "degrees is -10: use a number from 0 to 180"),
        (lambda: flip(2), ValueError, "probability is 2"),
        (lambda: flip(True), TypeError, "probability is True"),
        (lambda: noise(float("nan")), ValueError, "sigma is nan"),
        (lambda: noise("much"), TypeError, "sigma is 'much'"),
        (lambda: colour_jitter(contrast=3), ValueError, "contrast is 3"),
        (lambda: colour_jitter(hue=0.7), ValueError, "hue is 0.7: use a number from 0 to 0.5"),
        (lambda: compose(shift(1), 3), TypeError, "compose: 3 is not a step"),
    ],
)
def test_a_wrong_strength_is_refused_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([[[[0.5]]]], TypeError, "X is list"),
        (np.ones((1, 2, 2, 1), np.int64), TypeError, "array of int64"),
        (np.ones((1, 2, 2, 1), bool), TypeError, "array of bool"),
        (np.ones((2, 2), np.float32), ValueError, r"shape \(2, 2\)"),
        (np.ones((0, 2, 2, 1), np.float32), ValueError, "at least one image"),
        (np.full((1, 2, 2, 1), 255.0), ValueError, "from 255 to 255.*divide by 255"),
        (np.full((1, 2, 2, 1), -1.5), ValueError, "from -1.5"),
        (np.full((1, 2, 2, 1), np.nan), ValueError, "from nan"),
    ],
)
@pytest.mark.parametrize("step", [shift(1), shift(0), compose(noise(0.1))], ids=repr)
def test_wrong_images_are_refused(step, X, error, message):
    with pytest.raises(error, match=message):
        step(X, rng())


def test_chance_comes_from_a_generator():
    for step in (shift(1), compose(), colour_jitter(0.1)):
        with pytest.raises(TypeError, match=r"use np.random.default_rng\(seed\)"):
            step(batch(), 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X: geometry.shift(X, 0.5, 0), "down is 0.5, but it counts pixels"),
        (lambda X: geometry.shift(X, [1, 2], 0), "one for each of the 5"),
        (lambda X: geometry.rotate(X, np.inf), "one finite number"),
        (lambda X: geometry.crop(X, 5, 0, 5, 5), "image 0 has rows 5 to 10.*9×7"),
        (lambda X: geometry.crop(X, 0, 5, 9, 3), "columns 5 to 8"),
        (lambda X: geometry.crop(X, -1, 0, 5, 5), "rows -1 to 4"),
        (lambda X: geometry.crop(X, 0, -1, 5, 5), "columns -1 to 4"),
        (lambda X: geometry.crop(X, 0, 0, [9, 9, 0, 9, 9], 7), "image 2 has rows 0 to 0"),
        (lambda X: geometry.crop(X, 0, 0, 9, 7, size=(0, 3)), "size is 0"),
        (lambda X: colour.brightness(X, -1), "factor is -1: use numbers ≥ 0"),
        (lambda X: colour.hue(X, "red"), "turns is 'red'"),
    ],
)
def test_wrong_amounts_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(batch())


def test_without_pillow_only_interpolation_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    X = batch()
    for step in (rotate(10), crop(0.5)):
        with pytest.raises(ModuleNotFoundError, match="pip install pillow"):
            step(X, rng())
    compose(shift(2), crop(1, padding=2), flip(), noise(0.1), colour_jitter(0.1, 0.1, 0.1, 0.1))(
        X, rng()
    )
