"""The data that ships, and the full Fashion-MNIST: found, verified, fetched again, or refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pooch
import pytest
from conftest import ROOT, serve

from cnnlib import data
from cnnlib.data import FASHION_CLASSES, digits, fashion, fashion_mnist, mnist, photograph

sys.path.insert(0, str(ROOT / "tools"))
import make_data

DATA = ROOT / "cnnlib" / "data"
SHIPPED = sorted(p.name for p in DATA.iterdir() if p.suffix not in {".py", ".md"} and p.is_file())


# ---- what ships -----------------------------------------------------------------------------
def sha256(*arrays):
    return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()[:16]


def test_the_data_are_those_that_the_book_was_written_with():
    train, test = fashion_mnist()
    assert [sha256(X, y) for X, y in (digits(), mnist(), train, test)] == [
        "65e5b4619795efb4",
        "287657bfbf3e41be",
        "210f918d585db182",
        "0dd68177004e458f",
    ]


@pytest.mark.parametrize(
    ("pair", "shape", "top"),
    [
        (digits(), (1797, 8, 8, 1), 16),
        (mnist(), (10000, 28, 28, 1), 255),
        (fashion_mnist().train, (2000, 28, 28, 1), 255),
        (fashion_mnist().test, (500, 28, 28, 1), 255),
    ],
    ids=["digits", "mnist", "fashion train", "fashion test"],
)
class TestShipped:
    def test_shapes_ranges_and_classes(self, pair, shape, top):
        X, y = pair
        assert (X.shape, X.dtype, X.min(), X.max()) == (shape, np.uint8, 0, top)
        assert (y.shape, y.dtype) == (shape[:1], np.int64)
        assert set(y.tolist()) == set(range(10))
        assert repr(pair) == f"Labelled(X: {shape} uint8, y: ({shape[0]},) int64)"

    def test_it_cannot_be_changed(self, pair, shape, top):
        for array in pair:
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0

    def test_no_picture_occurs_twice(self, pair, shape, top):
        assert len({x.tobytes() for x in pair.X}) == shape[0]

    def test_the_labels_belong_to_the_pictures(self, pair, shape, top):
        x = pair.X.reshape(shape[0], -1) / top
        means = np.stack([x[pair.y == c].mean(axis=0) for c in range(10)])
        nearest = ((means**2).sum(axis=1) - 2 * x @ means.T).argmin(axis=1)
        assert (nearest == pair.y).mean() > 0.65  # guessing: 0.1


def test_fashion_is_balanced():
    train, test = fashion_mnist()
    assert np.bincount(train.y).tolist() == [200] * 10
    assert np.bincount(test.y).tolist() == [50] * 10
    assert len(FASHION_CLASSES) == 10
    assert {x.tobytes() for x in train.X}.isdisjoint({x.tobytes() for x in test.X})


def test_mnist_goes_round_the_classes():
    _, y = mnist()
    assert np.array_equal(y[:8630], np.tile(np.arange(10), 863))


def test_subset_must_be_said_with_a_bool():
    with pytest.raises(TypeError, match="subset is 'no': use True"):
        fashion_mnist(subset="no")


def test_every_file_is_listed_with_its_licence():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    rows = [line for line in readme.splitlines() if line.startswith("| `")]
    assert sorted(row.split("`")[1] for row in rows) == SHIPPED
    for row in rows:
        cells = row.strip("|").split("|")
        assert len(cells) == 4
        assert all(cell.strip() for cell in cells)
        assert any(
            name in cells[3] for name in ("CC0", "public domain", "BSD", "MIT", "CC BY-SA")
        ), row
    for notice in ("Copyright © 2017 Zalando SE", "The scikit-learn developers", "LeCun"):
        assert notice in readme


def test_every_file_is_in_the_wheel_and_in_the_sdist(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        in_wheel = set(wheel.namelist())
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as sdist:
        in_sdist = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = {f"cnnlib/data/{name}" for name in [*SHIPPED, "README.md"]}
    assert wanted <= in_wheel
    assert wanted <= in_sdist


def test_importing_data_loads_numpy_only():
    code = (
        "import sys; from cnnlib import data; data.digits(); data.fashion_mnist(); "
        "print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert not {"pooch", "PIL", "scipy", "tqdm", "requests", "matplotlib"} & set(loaded)


def test_all_names_exist():
    assert all(hasattr(data, name) for name in data.__all__)


# ---- tools/make_data.py ---------------------------------------------------------------------
@pytest.mark.parametrize("name", ["digits.npz", "mnist.npz", "fashion_mnist.npz"])
def test_the_files_are_packed_as_the_tool_packs_them(name):
    with np.load(DATA / name) as npz:
        arrays = dict(npz)
    assert make_data.packed(arrays) == (DATA / name).read_bytes()


def test_the_tool_makes_digits_from_a_wheel(tmp_path, capsys):
    X, y = digits()
    rows = np.column_stack([X.reshape(1797, 64), y])
    text = io.StringIO()
    np.savetxt(text, rows, fmt="%d", delimiter=",")
    with zipfile.ZipFile(tmp_path / "any.whl", "w") as wheel:
        packed = gzip.compress(text.getvalue().encode())
        wheel.writestr("sklearn/datasets/data/digits.csv.gz", packed)
    assert make_data.main(["digits", str(tmp_path / "any.whl"), "--check"]) == 0
    assert make_data.main(["digits", str(tmp_path / "any.whl"), "--to", str(tmp_path)]) == 0
    assert (tmp_path / "digits.npz").read_bytes() == (DATA / "digits.npz").read_bytes()
    (tmp_path / "digits.npz").write_bytes(b"other")
    check = ["digits", str(tmp_path / "any.whl"), "--check", "--to", str(tmp_path)]
    assert make_data.main(check) == 1
    assert "DIFFERS" in capsys.readouterr().out


def test_the_tool_makes_the_photograph_in_colour_from_a_wheel(tmp_path, capsys):
    large = np.repeat(np.repeat(photograph(colour=True), 2, axis=0), 2, axis=1)
    with zipfile.ZipFile(tmp_path / "any.whl", "w") as wheel:
        wheel.writestr("skimage/data/astronaut.png", make_data.as_png(large))
    make = ["astronaut", str(tmp_path / "any.whl")]
    assert make_data.main([*make, "--check"]) == 0
    assert make_data.main([*make, "--to", str(tmp_path)]) == 0
    (tmp_path / "astronaut.png").write_bytes(make_data.as_png(large))
    assert make_data.main([*make, "--check", "--to", str(tmp_path)]) == 1
    assert "DIFFERS" in capsys.readouterr().out


# ---- the full set, as Debian has it ---------------------------------------------------------
REAL = fashion._DEBIAN
needs_debian = pytest.mark.skipif(
    not REAL.is_dir(), reason="needs Debian's package dataset-fashion-mnist"
)


@needs_debian
def test_the_full_set_and_its_part(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLIB_DATA", str(tmp_path))
    monkeypatch.setattr(pooch, "retrieve", None)
    full, part = fashion_mnist(subset=False), fashion_mnist()
    assert full.train.X.shape == (60000, 28, 28, 1)
    assert np.bincount(full.train.y).tolist() == [6000] * 10
    assert full.test.X.shape == (10000, 28, 28, 1)
    assert np.bincount(full.test.y).tolist() == [1000] * 10
    for whole, some, count in zip(full, part, (200, 50), strict=True):
        for c in range(10):
            assert np.array_equal(whole.X[whole.y == c][:count], some.X[some.y == c])
        with pytest.raises(ValueError, match="read-only"):
            whole.X[0] = 0


# ---- the full set, with small files in its place --------------------------------------------
def idx(array):
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + array.tobytes()


class World:
    """Four small files in the place of Zalando's: on a server, in Debian's folder, in the cache."""

    def __init__(self, tmp_path, monkeypatch):
        rng = np.random.default_rng(1)
        self.arrays = [
            rng.integers(0, 256, (50, 28, 28), np.uint8),
            rng.integers(0, 10, 50).astype(np.uint8),
            rng.integers(0, 256, (20, 28, 28), np.uint8),
            rng.integers(0, 10, 20).astype(np.uint8),
        ]
        self.raw = dict(zip(fashion._FILES, map(idx, self.arrays), strict=True))
        self.official = {name: gzip.compress(raw, mtime=1) for name, raw in self.raw.items()}
        hashes = {
            name: tuple(hashlib.sha256(x).hexdigest() for x in (raw, self.official[name]))
            for name, raw in self.raw.items()
        }
        self.server, self.debian = tmp_path / "server", tmp_path / "debian"
        self.cache = tmp_path / "home" / "fashion-mnist"
        self.monkeypatch = monkeypatch
        monkeypatch.setattr(fashion, "_FILES", hashes)
        monkeypatch.setattr(fashion, "_DEBIAN", self.debian)
        monkeypatch.setattr(fashion, "_ADDRESSES", ())
        monkeypatch.setenv("CNNLIB_DATA", str(self.cache.parent))

    def put(self, folder, files=None):
        folder.mkdir(parents=True)
        for name, content in (files or self.official).items():
            (folder / name).write_bytes(content)

    def block_network(self):
        def retrieve(*_, **__):
            raise AssertionError("the network was asked")

        self.monkeypatch.setattr(pooch, "retrieve", retrieve)

    def found(self):
        (X, y), (X_test, y_test) = fashion_mnist(subset=False)
        got = (X[..., 0], y, X_test[..., 0], y_test)
        return all(np.array_equal(a, b) for a, b in zip(got, self.arrays, strict=True))

    def files(self):
        return {p.name: p.read_bytes() for p in self.cache.iterdir()} if self.cache.exists() else {}


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


@pytest.fixture
def served(world):
    """The world with its server running: the second address; at the first nobody listens."""
    world.server.mkdir()
    server, url = serve(world.server)
    world.monkeypatch.setattr(fashion, "_ADDRESSES", ("http://127.0.0.1:9/", f"{url}/"))
    yield world
    server.shutdown()
    server.server_close()


def test_the_cache_comes_first(world):
    world.block_network()
    world.put(world.cache)
    world.put(world.debian)
    verified, read = fashion._verified, []
    world.monkeypatch.setattr(
        fashion, "_verified", lambda path: read.append(path.parent) or verified(path)
    )
    assert world.found()
    assert read == [world.cache] * 4


def test_debian_packed_the_files_anew_and_they_are_taken(world):
    world.block_network()
    world.put(world.debian, {n: gzip.compress(raw, 1, mtime=2) for n, raw in world.raw.items()})
    assert world.found()
    assert world.files() == {}


def test_download_then_cache(served):
    for name, content in served.official.items():
        (served.server / name).write_bytes(content)
    assert served.found()
    assert served.files() == served.official
    served.block_network()
    assert served.found()


def damages(packed, raw):
    flipped = bytearray(packed)
    flipped[len(packed) // 2] ^= 1
    return {
        "empty": b"",
        "cut short": packed[: len(packed) // 2],
        "one bit": bytes(flipped),
        "no gzip": b"<html>404</html>",
        "another file": gzip.compress(raw[:-1] + bytes([raw[-1] ^ 1])),
    }


@pytest.mark.parametrize("damage", ["empty", "cut short", "one bit", "no gzip", "another file"])
def test_a_damaged_file_in_the_cache_is_fetched_again(served, damage):
    served.put(served.cache)
    for name in ("train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        (served.server / name).write_bytes(served.official[name])
        bad = damages(served.official[name], served.raw[name])[damage]
        (served.cache / name).write_bytes(bad)
    assert served.found()
    assert served.files() == served.official


@pytest.mark.parametrize("damage", ["empty", "cut short", "one bit", "no gzip", "another file"])
def test_a_damaged_file_everywhere_is_never_returned(served, damage):
    bad = {n: damages(served.official[n], raw)[damage] for n, raw in served.raw.items()}
    served.put(served.debian, bad)
    for name, content in bad.items():
        (served.server / name).write_bytes(content)
    with pytest.raises(FileNotFoundError, match=r"damaged \((?s:.*)fashion_mnist\(\), 2,000"):
        fashion_mnist(subset=False)
    assert served.files() == {}


def test_a_damaged_debian_file_is_passed_over(served):
    served.put(served.debian, {**served.official, "t10k-labels-idx1-ubyte.gz": b"x"})
    for name, content in served.official.items():
        (served.server / name).write_bytes(content)
    assert served.found()
    assert list(served.files()) == ["t10k-labels-idx1-ubyte.gz"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interrupted_download_leaves_nothing(served, error):
    half = b"half a file"

    class Interrupted(pooch.HTTPDownloader):
        def __call__(self, url, output_file, pooch, check_only=False):
            Path(output_file).write_bytes(half)
            raise error

    served.monkeypatch.setattr("pooch.core.choose_downloader", lambda *_, **__: Interrupted())
    expected = KeyboardInterrupt if error is KeyboardInterrupt else FileNotFoundError
    with pytest.raises(expected):
        fashion_mnist(subset=False)
    assert served.files() == {}


def test_offline_it_says_what_was_tried_and_how_to_go_on(served):
    served.monkeypatch.setattr(fashion, "_ADDRESSES", ("http://127.0.0.1:9/",))
    with pytest.raises(FileNotFoundError) as caught:
        fashion_mnist(subset=False)
    text = str(caught.value)
    assert text.startswith("fashion_mnist: the full set is not on this machine and could not be")
    for part in (
        f"{served.cache}: not there",
        f"{served.debian}: not there",
        "http://127.0.0.1:9/: ConnectionError",
        "fashion_mnist(), 2,000 + 500 images, needs no network",
        "sudo apt install dataset-fashion-mnist",
        f"into {served.cache}.",
    ):
        assert part in text
    assert served.files() == {}
    assert len(fashion_mnist().train.y) == 2000  # … and that way on is open


def test_a_cache_that_cannot_be_written_is_said(served):
    served.cache.parent.mkdir()
    served.cache.write_text("a file where the folder should be")
    for name, content in served.official.items():
        (served.server / name).write_bytes(content)
    with pytest.raises(FileNotFoundError, match=r"FileExistsError|NotADirectoryError"):
        fashion_mnist(subset=False)


def test_without_pooch_the_files_at_hand_are_used_or_it_is_said(world):
    world.monkeypatch.setitem(sys.modules, "pooch", None)
    world.monkeypatch.setattr(fashion, "_ADDRESSES", ("http://127.0.0.1:9/",))
    with pytest.raises(FileNotFoundError, match=r"pip install pooch"):
        fashion_mnist(subset=False)
    world.monkeypatch.delenv("CNNLIB_DATA")
    with pytest.raises(FileNotFoundError, match=r"pip install pooch(?s:.*)set CNNLIB_DATA"):
        fashion_mnist(subset=False)
    world.put(world.debian)
    assert world.found()


def test_the_cache_is_the_systems_own_unless_it_is_named(world, monkeypatch, tmp_path):
    world.block_network()
    monkeypatch.delenv("CNNLIB_DATA")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "caches" / name)
    world.put(tmp_path / "caches" / "cnnlib" / "fashion-mnist")
    assert world.found()


def test_the_known_addresses_are_the_data_sets_own():
    assert all("fashion-mnist" in address for address in fashion._ADDRESSES)
    assert all(len(h) == 64 for pair in fashion._FILES.values() for h in pair)
