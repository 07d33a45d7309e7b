"""Every formula that book/4_training/1_data displays, against brute force or the library.

Each test's docstring has the formula.
"""

from __future__ import annotations

import itertools
from math import comb, sqrt

import numpy as np
import pytest

from cnnlib.data import augment, colour, geometry, train_dev_test_split


@pytest.mark.parametrize(("m", "n_c", "k"), [(7, 2, 3), (8, 3, 4), (6, 1, 5), (6, 4, 3)])
def test_a_class_that_is_missed(m, n_c, k):
    """P(none) = C(m − n_c, k) / C(m, k): all sets of k images are counted."""
    sets = list(itertools.combinations(range(m), k))
    without = sum(min(chosen) >= n_c for chosen in sets)
    assert without / len(sets) == pytest.approx(comb(m - n_c, k) / comb(m, k), abs=1e-15)


def test_the_split_is_disjoint_complete_and_stratified():
    """{1..m} = T ∪ D ∪ S, no two meet; |n_c of D − δ n_c| < 1 for every class."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        y = rng.permutation(np.repeat(np.arange(4), rng.integers(10, 40, 4).tolist()))
        shares = rng.uniform(0.1, 0.3, 2)
        parts = train_dev_test_split(np.arange(len(y)), y, *shares, rng=rng)
        everything = np.concatenate([part.X for part in parts])
        assert sorted(everything.tolist()) == list(range(len(y)))
        n = np.bincount(y)
        for part, share in zip(parts[1:], shares, strict=True):
            assert (np.abs(np.bincount(part.y, minlength=4) - share * n) < 1).all()
            np.testing.assert_array_equal(part.y, y[part.X])


@pytest.mark.parametrize(("k", "a"), [(1, 0.5), (3, 0.8), (6, 0.1)])
def test_how_far_an_accuracy_scatters(k, a):
    """σ = √(a (1 − a) / k): over all 2^k outcomes, each with its probability."""
    mean = square = 0.0
    for outcome in itertools.product([0, 1], repeat=k):
        probability = np.prod([a if right else 1 - a for right in outcome])
        mean += probability * np.mean(outcome)
        square += probability * np.mean(outcome) ** 2
    assert mean == pytest.approx(a)
    assert sqrt(square - mean**2) == pytest.approx(sqrt(a * (1 - a) / k))


def images(seed=0, channels=1):
    return np.random.default_rng(seed).integers(0, 256, (2, 5, 7, channels), dtype=np.uint8)


@pytest.mark.parametrize(("d", "r"), [(0, 0), (2, -3), (-1, 4), (-4, -6), (9, 0)])
def test_shift(d, r):
    """X'[i, j] = X[i − d, j − r], 0 outside the picture."""
    X = images()
    out = geometry.shift(X, d, r)
    for n, i, j in np.ndindex(2, 5, 7):
        inside = 0 <= i - d < 5 and 0 <= j - r < 7
        assert out[n, i, j, 0] == (X[n, i - d, j - r, 0] if inside else 0)


def test_flip():
    """X'[i, j] = X[i, n_W + 1 − j], counted from 1."""
    X = images()
    out = augment.flip(1)(X, np.random.default_rng(0))
    for i, j in itertools.product(range(1, 6), range(1, 8)):
        np.testing.assert_array_equal(out[:, i - 1, j - 1], X[:, i - 1, 7 + 1 - j - 1])


def test_a_shift_is_a_crop_of_the_padded_picture():
    X = images()
    padded = np.pad(X, ((0, 0), (3, 3), (3, 3), (0, 0)))
    for d, r in itertools.product(range(-3, 4), repeat=2):
        np.testing.assert_array_equal(
            geometry.crop(padded, 3 - d, 3 - r, 5, 7, size=(5, 7)), geometry.shift(X, d, r)
        )


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_rotation_by_right_angles(turns):
    """X'[i, j] is X at (i, j) turned back about the centre: exact where no pixel falls between."""
    X = np.random.default_rng(1).integers(0, 256, (1, 6, 6, 1), dtype=np.uint8)
    out = geometry.rotate(X, 90 * turns)
    middle = 2.5
    for i, j in np.ndindex(6, 6):
        # counter-clockwise as one sees it, with rows that go down: turned back is clockwise
        y, x = i - middle, j - middle
        for _ in range(turns):
            y, x = x, -y
        assert out[0, i, j, 0] == X[0, int(y + middle), int(x + middle), 0]


def test_noise():
    """X' = clip(X + σ ε), ε normal: mean and deviation where nothing is clipped, and the limits."""
    X = np.full((1, 200, 200, 1), 0.5)
    out = augment.noise(0.1)(X, np.random.default_rng(0))
    assert abs(out.mean() - 0.5) < 0.002
    assert abs(out.std() - 0.1) < 0.002
    strong = augment.noise(1.0)(X, np.random.default_rng(0))
    assert (strong.min(), strong.max()) == (0, 1)


@pytest.mark.parametrize("c", [0, 0.5, 1, 1.7])
def test_colour(c):
    """X' = clip(c X + (1 − c) μ): contrast with the mean grey, brightness with 0, saturation."""
    X = np.random.default_rng(2).random((1, 3, 4, 3))
    luma = X @ np.array([0.299, 0.587, 0.114])
    for change, mu in (
        (colour.contrast, luma.mean()),
        (colour.brightness, 0.0),
        (colour.saturation, luma[..., None]),
    ):
        np.testing.assert_allclose(change(X, c), np.clip(c * X + (1 - c) * mu, 0, 1), atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_what_copies_are_worth(k, rho):
    """Var = σ²/k · (1 + (k − 1) ρ): the sum of all entries of the covariance matrix, over k²."""
    sigma = 1.3
    covariance = sigma**2 * np.where(np.eye(k, dtype=bool), 1, rho)
    variance = covariance.sum() / k**2
    assert variance == pytest.approx(sigma**2 / k * (1 + (k - 1) * rho))
    k_eff = k / (1 + (k - 1) * rho)
    assert variance == pytest.approx(sigma**2 / k_eff)
    assert rho == 0 or k_eff <= 1 / rho + 1e-12


def test_how_often_a_copy_is_learned_from():
    """P ≈ 1 − δ^(k − 1): exact sets of a small case, and the limit of a large one."""
    k, things, dev = 3, 4, 4  # 12 pictures, 4 of them for the dev set
    found = total = 0
    for chosen in itertools.combinations(range(k * things), dev):
        for picture in chosen:
            copies = [c for c in range(k * things) if c // k == picture // k and c != picture]
            found += any(c not in chosen for c in copies)
            total += 1
    exact = 1 - comb(k * things - k, dev - k) / comb(k * things - 1, dev - 1)
    assert found / total == pytest.approx(exact)
    for delta in (0.1, 0.2, 0.5):
        m = 3 * 10_000
        large = 1 - comb(m - k, int(delta * m) - k) / comb(m - 1, int(delta * m) - 1)
        assert large == pytest.approx(1 - delta ** (k - 1), abs=1e-4)


def test_standardisation():
    """x' = (x − μ_T) / σ_T: mean 0 and deviation 1 on the train set; a part has no scale alone."""
    rng = np.random.default_rng(3)
    T = rng.random((50, 4, 4, 1)) * 3 + 7
    N = T.size
    mu = sum(T.ravel()) / N
    sigma = sqrt(sum((x - mu) ** 2 for x in T.ravel()) / N)
    assert (mu, sigma) == (pytest.approx(T.mean()), pytest.approx(T.std()))
    x = (T - mu) / sigma
    assert abs(x.mean()) < 1e-12
    assert x.std() == pytest.approx(1)
    assert (8 - 4) / sqrt(8 / 3) == pytest.approx(2.45, abs=0.005)
