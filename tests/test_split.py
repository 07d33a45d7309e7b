"""The split as a statement: disjoint, complete, stratified, seeded, and honest about limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.data import Split, mnist, train_dev_test_split

fractions = st.sampled_from([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 1 / 3])


@st.composite
def splits(draw):
    dev, test = draw(fractions), draw(fractions)
    sizes = draw(st.lists(st.integers(20, 70), min_size=1, max_size=8))
    names = draw(st.permutations(range(20)))[: len(sizes)]
    y = np.repeat(names, sizes)
    seed = draw(st.integers(0, 99))
    np.random.default_rng(seed).shuffle(y)
    return y, dev, test, seed


@settings(max_examples=60, deadline=None)
@given(splits())
def test_each_image_is_in_exactly_one_set_with_its_own_label(case):
    y, dev, test, seed = case
    X = np.arange(len(y))
    split = train_dev_test_split(X, y, dev, test, rng=np.random.default_rng(seed))
    assert sorted(np.concatenate([part.X for part in split])) == list(X)
    for part in split:
        assert np.array_equal(y[part.X], part.y)


@settings(max_examples=60, deadline=None)
@given(splits())
def test_each_class_is_within_one_of_its_exact_share_and_so_is_the_whole(case):
    y, dev, test, seed = case
    split = train_dev_test_split(y, y, dev, test, rng=np.random.default_rng(seed))
    for part, share in zip(split, (1 - dev - test, dev, test), strict=True):
        for c, n in zip(*np.unique(y, return_counts=True), strict=True):
            count = np.count_nonzero(part.y == c)
            assert abs(count - share * n) < 1
            assert count > 0 or share == 0
        assert abs(len(part.y) - share * len(y)) <= 1


def test_a_case_by_hand():
    # 5 of each of 4 classes, halves of 0.5: what one class rounds away the next gives back
    y = np.repeat([0, 1, 2, 3], 5)
    train, dev, test = train_dev_test_split(y, y, 0.3, 0.3, rng=np.random.default_rng(0))
    assert (len(train.y), len(dev.y), len(test.y)) == (8, 6, 6)
    assert np.bincount(train.y).tolist() == [2, 2, 2, 2]
    assert sorted(np.bincount(dev.y).tolist()) == [1, 1, 2, 2]


def test_exact_shares_are_exact():
    y = np.repeat(np.arange(10), 30)  # 30 · 0.1 = 3.0000000000000004 in binary
    split = train_dev_test_split(y, y, 0.1, 0.2, rng=np.random.default_rng(0))
    assert [np.bincount(part.y).tolist() for part in split] == [[21] * 10, [3] * 10, [6] * 10]


def test_the_smallest_fraction_is_one_of_each_class():
    y = np.repeat([3, 5], 49)  # 49 · (1 / 49) = 0.9999999999999999 in binary
    split = train_dev_test_split(y, y, 1 / 49, 0.021, rng=np.random.default_rng(0))
    assert sorted(split.dev.y.tolist()) == [3, 5]
    assert set(split.test.y.tolist()) == {3, 5}
    with pytest.raises(ValueError, match=r"class 3 has 49 images, .* ask for at least 0[.]021$"):
        train_dev_test_split(y, y, 0.0204, 0, rng=np.random.default_rng(0))


def test_who_is_chosen_is_random():
    X = np.arange(100)
    chosen = {
        tuple(sorted(train_dev_test_split(X, X % 2, rng=np.random.default_rng(s)).test.X))
        for s in range(20)
    }
    assert len(chosen) == 20
    assert len(set().union(*chosen)) > 80  # everyone may be


def test_same_seed_same_split_other_seed_another():
    X, y = mnist()
    a, b, c = (train_dev_test_split(X, y, rng=np.random.default_rng(s)) for s in (0, 0, 1))
    assert all(np.array_equal(p.X, q.X) for p, q in zip(a, b, strict=True))
    assert not np.array_equal(a.test.X, c.test.X)
    # no test image is also a train image, on the real set
    train = {x.tobytes() for x in a.train.X}
    assert not any(x.tobytes() in train for part in (a.dev, a.test) for x in part.X)


def test_the_order_is_random_not_by_class():
    y = np.repeat([0, 1], 500)
    train = train_dev_test_split(y, y, rng=np.random.default_rng(0)).train
    assert 300 < np.count_nonzero(np.diff(train.y)) < 500  # changes of class; 400 expected


def test_dtypes_shapes_and_arguments_are_kept():
    X, y = np.ones((40, 3, 2, 1), np.float32), np.repeat([0, 1], 20).astype(np.uint8)
    for array in (X, y):
        array.setflags(write=False)
    split = train_dev_test_split(X, y, dev=0, test=0.5, rng=np.random.default_rng(0))
    assert isinstance(split, Split)
    assert split.dev.X.shape == (0, 3, 2, 1)
    assert (split.test.X.dtype, split.test.y.dtype) == (np.float32, np.uint8)
    split.train.X[:] = 0  # a copy: writeable, and not ours
    assert X.all()


RNG = np.random.default_rng(0)
Y = np.repeat([0, 1], 20)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((Y, Y, 0.5, 0.5), ValueError, r"dev 0.5 and test 0.5 leave nothing to train on"),
        ((Y, Y, 0.7, 0.7), ValueError, r"add up to less than 1"),
        ((Y, Y, -0.1, 0.1), ValueError, r"dev is -0.1: use a number from 0 to 1"),
        ((Y, Y, 0.1, float("nan")), ValueError, r"test is nan"),
        ((Y, Y, 5, 0.1), ValueError, r"dev is 5: use a number from 0 to 1"),
        ((Y, Y, True, 0.1), TypeError, r"dev is True"),
        ((Y, Y, "0.1", 0.1), TypeError, r"dev is '0.1'"),
        ((Y, Y, 0.02, 0.1), ValueError, r"class 0 has 20 images, and 0.02 .* dev set .* 0.05"),
        ((Y[:-1], Y), ValueError, r"X has shape \(39,\) and y has shape \(40,\)"),
        ((Y[:0], Y[:0]), ValueError, r"at least one image"),
        ((3.0, Y), ValueError, r"X has shape \(\)"),
        ((Y, np.eye(2)[Y]), ValueError, r"y.argmax\(axis=1\)"),
        ((Y, Y / 2), ValueError, r"dtype float64.*one integer class"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, error, message):
    with pytest.raises(error, match=rf"train_dev_test_split: .*{message}"):
        train_dev_test_split(*arguments, rng=RNG)


@pytest.mark.parametrize("rng", [0, None, np.random.RandomState(0), np.random])
def test_chance_comes_from_a_generator(rng):
    with pytest.raises(TypeError, match=r"use np.random.default_rng\(seed\)"):
        train_dev_test_split(Y, Y, rng=rng)
