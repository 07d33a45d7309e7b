"""saving: what is read is what was written; a bad file or a killed write changes nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from cnnlib import models
from cnnlib.blocks import Residual, Sequential
from cnnlib.layers import BatchNorm2D, Conv2D, Dense, ReLU
from cnnlib.saving import load, save

RNG = np.random.default_rng
BROWSER = sys.platform == "emscripten"


def network(seed=0, dtype=np.float32):
    rng = RNG(seed)
    body = Sequential(Conv2D(2, 2, 3, padding=1, rng=rng, dtype=dtype), BatchNorm2D(2, dtype=dtype))
    model = Sequential(Conv2D(1, 2, 3, rng=rng, dtype=dtype), Residual(body), ReLU())
    model.forward(rng.standard_normal((2, 6, 6, 1)).astype(dtype), training=True)
    return model


def arrays(model):
    return {key: x.copy() for key, x in {**model.params, **model.state}.items()}


def same(model, expected):
    now = arrays(model)
    return now.keys() == expected.keys() and all(
        np.array_equal(now[key], expected[key]) for key in now
    )


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.npz"
    save(path, network())
    return path


# ---- what is good --------------------------------------------------------------------------


def test_there_and_back(path):
    model, other = network(), network(1)
    assert not same(other, arrays(model))
    load(path, other)
    assert same(other, arrays(model))
    A = RNG(5).standard_normal((2, 6, 6, 1)).astype(np.float32)
    assert_array_equal(model.forward(A), other.forward(A))  # with the running statistics


def test_a_path_may_be_a_string_and_is_taken_as_it_is(tmp_path):
    save(str(tmp_path / "weights"), network())
    assert [file.name for file in tmp_path.iterdir()] == ["weights"]
    load(str(tmp_path / "weights"), network(1))


def test_numpy_alone_can_read_it(path):
    with np.load(path, allow_pickle=False) as file:
        assert set(file) == {
            *("0.W", "0.b", "1.body.0.W", "1.body.0.b", "1.body.1.gamma", "1.body.1.beta"),
            *("1.body.1.running_mean", "1.body.1.running_var"),
        }
        assert_array_equal(file["0.W"], network().params["0.W"])


def test_arrays_are_written_to_in_place(path):
    """An optimiser that holds them goes on with what was loaded."""
    model = network(1)
    W = model.params["0.W"]
    load(path, model)
    assert model.params["0.W"] is W
    assert_array_equal(W, network().params["0.W"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_model_keeps_its_dtype(path, dtype):
    model = network(1, dtype)
    load(path, model)
    assert {x.dtype for x in arrays(model).values()} == {np.dtype(dtype)}
    save(path, model)
    load(path, network())


def test_a_link_is_followed(path, tmp_path):
    link = tmp_path / "latest.npz"
    link.symlink_to(path)
    save(link, network(3))
    assert link.is_symlink()
    model = network()
    load(path, model)
    assert same(model, arrays(network(3)))


@pytest.mark.skipif(BROWSER, reason="its files have one owner and no umask")
def test_whoever_may_read_the_folder_may_read_the_file(tmp_path):
    before = os.umask(0o022)
    try:
        save(tmp_path / "model.npz", network())
    finally:
        os.umask(before)
    assert (tmp_path / "model.npz").stat().st_mode & 0o777 == 0o644


def test_the_new_file_takes_the_place_of_the_old_one_in_one_step(path):
    """Whoever has the old file open reads the old file to its end."""
    whole = path.read_bytes()
    with path.open("rb", buffering=0) as old:
        start = old.read(100)
        save(path, network(1))
        assert start + old.read() == whole
    assert path.read_bytes() != whole


def test_a_model_without_arrays(tmp_path):
    save(tmp_path / "empty.npz", ReLU())
    load(tmp_path / "empty.npz", ReLU())


# ---- what is not ---------------------------------------------------------------------------


def refused(path, model, message, kind=ValueError):
    before = arrays(model)
    with pytest.raises(kind, match=message) as caught:
        load(path, model)
    assert str(path) in str(caught.value)
    assert same(model, before), "the model was changed"


def test_names_of_another_model(path):
    refused(path, Dense(2, 3, rng=RNG(0)), r"it lacks W, b; the model lacks 0\.W, 0\.b, 1\.body")
    refused(path, Sequential(*network()[:1]), r"the model lacks 1\.body\.0\.W, .* and 3 more")
    with_more = Sequential(*network(), Dense(1, 1, rng=RNG(0)))
    refused(path, with_more, r"it lacks 3\.W, 3\.b: build the model as it was")


def test_shapes_of_another_model(tmp_path):
    path = tmp_path / "model.npz"
    save(path, models.small_cnn((28, 28, 1), rng=RNG(0)))
    refused(
        path,
        models.small_cnn((28, 28, 3), 7, rng=RNG(0)),
        r"0\.W \(3, 3, 1, 16\) in the file, \(3, 3, 3, 16\) in the model, "
        r"7\.W \(1568, 10\) in the file, \(1568, 7\) in the model, 7\.b .* build the model with",
    )


def test_shapes_that_numpy_would_broadcast(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, W=np.zeros((1, 1), np.float32), b=np.zeros((), np.float32))
    refused(path, Dense(2, 3, rng=RNG(0)), r"W \(1, 1\) in the file, \(2, 3\) in the model, b \(\)")


def test_no_file(tmp_path):
    refused(tmp_path / "none.npz", network(), "none", FileNotFoundError)


@pytest.mark.parametrize(
    "content", [b"", b"weights", b"PK\x03\x04", b"\x93NUMPY\x01\x00" + b"\xff" * 20]
)
def test_not_an_npz(tmp_path, content):
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    refused(path, network(), "cannot be read")


def test_a_single_array_is_not_an_npz(tmp_path):
    np.save(tmp_path / "model.npy", np.ones(3))
    refused(tmp_path / "model.npy", network(), "cannot be read")


def test_pickles_are_not_opened(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, W=np.array([[print]], object), b=np.zeros(1))
    refused(path, Dense(1, 1, rng=RNG(0)), "cannot be read")


@pytest.mark.parametrize("W", [np.ones((1, 1), int), np.ones((1, 1), complex), np.array([["a"]])])
def test_not_weights(tmp_path, W):
    np.savez(tmp_path / "model.npz", W=W, b=np.zeros(1))
    refused(tmp_path / "model.npz", Dense(1, 1, rng=RNG(0)), "weights are real numbers")


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_not_finite(tmp_path, value):
    """1e300 is finite in the file, but not in a float32 model."""
    np.savez(tmp_path / "model.npz", W=np.array([[value]]), b=np.zeros(1))
    refused(tmp_path / "model.npz", Dense(1, 1, rng=RNG(0)), "W in")


def test_all_or_nothing(tmp_path):
    """The last array is bad: the first is not written either."""
    np.savez(tmp_path / "model.npz", W=np.ones((1, 1)), b=np.array([np.nan]))
    refused(tmp_path / "model.npz", Dense(1, 1, rng=RNG(0)), r"b in .*\[0\] is nan")


def test_truncated_anywhere(path):
    whole, model = path.read_bytes(), network(1)
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        refused(path, model, "cannot be read")


def test_a_flipped_bit_anywhere_is_noticed_or_harmless(path):
    whole, good, harmless = path.read_bytes(), arrays(network()), 0
    for position in range(0, len(whole), 13):
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        path.write_bytes(damaged)
        model = network(1)
        before = arrays(model)
        try:
            load(path, model)
        except ValueError:
            assert same(model, before)
        else:  # a time stamp or an unused field of the archive
            harmless += 1
            assert same(model, good)
    assert harmless < len(whole) / 13 / 2


def test_each_array_is_checked_against_its_sum(path):
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("0.W.npy").header_offset
    damaged = bytearray(path.read_bytes())
    damaged[start + 220] ^= 1  # the last bit of a weight
    path.write_bytes(damaged)
    refused(path, network(1), "Bad CRC-32")


# ---- a write that does not come to its end -------------------------------------------------


def test_an_error_while_writing_leaves_the_old_file(path, monkeypatch):
    whole = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        save(path, network(1))
    assert path.read_bytes() == whole
    assert list(path.parent.iterdir()) == [path]


def test_ctrl_c_while_writing_leaves_the_old_file(path, monkeypatch):
    whole = path.read_bytes()

    def interrupted(file, **arrays):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(path, network(1))
    assert path.read_bytes() == whole
    assert list(path.parent.iterdir()) == [path]


KILLED = """
import os, signal, sys
import numpy as np
from cnnlib.layers import Dense
from cnnlib.saving import save

def killed(file, **arrays):
    file.write(b"half of it")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

np.savez = killed
save(sys.argv[1], Dense(2, 3, rng=np.random.default_rng(0)))
"""


@pytest.mark.skipif(
    not hasattr(signal, "SIGKILL") or BROWSER, reason="this system has no such signal"
)
def test_a_killed_process_leaves_the_old_file(path):
    whole = path.read_bytes()
    run = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert run.returncode == -signal.SIGKILL
    assert path.read_bytes() == whole
    load(path, network(1))


def test_a_broken_model_does_not_replace_a_good_file(path):
    whole, model = path.read_bytes(), network()
    model.params["1.body.0.W"][0, 0, 0, 1] = np.nan
    with pytest.raises(ValueError, match=r"save: 1\.body\.0\.W\[0, 0, 0, 1\] is nan"):
        save(path, model)
    assert path.read_bytes() == whole


def test_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"save: there is no folder .*none: make it first"):
        save(tmp_path / "none" / "model.npz", network())


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError, match=r"save: .* is a folder: give the name of a file"):
        save(tmp_path, network())
    with pytest.raises(OSError, match=re.escape(str(tmp_path))):
        load(tmp_path, network())
    assert list(tmp_path.iterdir()) == []


def test_arguments_in_the_wrong_order(tmp_path):
    for call in (save, load):
        with pytest.raises(TypeError, match=rf"model is of type str, .* use {call.__name__}\(path"):
            call(network(), str(tmp_path / "model.npz"))


def test_numpys_advice_to_open_a_pickle_is_not_passed_on(tmp_path):
    (tmp_path / "model.npz").write_bytes(b"weights")
    with pytest.raises(ValueError, match="it is no array") as caught:
        load(tmp_path / "model.npz", network())
    assert "allow_pickle" not in str(caught.value)
