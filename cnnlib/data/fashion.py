"""Fashion-MNIST: small grey pictures of clothes, harder than digits and as small.

A balanced part ships with cnnlib. The whole of it, 70,000 images and 31 MB, is found in the first
of these places that has it whole: the cache, the folder of Debian's package, the official
addresses. What is compared with the known hashes are the unpacked bytes, because Debian packed
them anew.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnnlib.data.labelled import Labelled, bundled, labelled

__all__ = ["FASHION_CLASSES", "Fashion", "fashion_mnist"]

#: what the labels 0 to 9 stand for
FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)

#: file → SHA-256 of the unpacked bytes, SHA-256 of the file at the official addresses
_FILES = {
    "train-images-idx3-ubyte.gz": (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    ),
    "train-labels-idx1-ubyte.gz": (
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    ),
    "t10k-images-idx3-ubyte.gz": (
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
}
#: the repository and the server that Zalando's README names
_ADDRESSES = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
_DEBIAN = Path("/usr/share/datasets/fashion-mnist")


class Fashion(NamedTuple):
    """The two parts of Fashion-MNIST: ``(X, y), (X_test, y_test) = fashion_mnist()``.

    Attributes
    ----------
    train, test : Labelled
    """

    train: Labelled
    test: Labelled


def fashion_mnist(*, subset: bool = True) -> Fashion:
    """Return Fashion-MNIST: clothes in ten classes (`FASHION_CLASSES`), grey, 28×28 pixels.

    Parameters
    ----------
    subset : bool
        True: the part that ships, the first 200 images of each class of the train part and the
        first 50 of each of the test part, in their original order; no network needed.
        False: all 60,000 and 10,000, from the cache (``$CNNLIB_DATA``, or else the folder for
        caches of this system), from Debian's package ``dataset-fashion-mnist``, or downloaded
        once with ``pooch``. A damaged file is never returned: it is fetched again.

    Returns
    -------
    train, test : each a pair
        X : (m, 28, 28, 1) array of uint8, 0 (background) to 255, read-only;
        y : (m,) array of intp, 0 to 9, read-only.

    Raises
    ------
    FileNotFoundError
        If the full set is in none of its places and cannot be downloaded; the message lists what
        was tried and how to go on.

    Source
    ------
    H. Xiao, K. Rasul and R. Vollgraf, *Fashion-MNIST*, arXiv 1708.07747; Zalando SE, MIT licence.

    Examples
    --------
    >>> from cnnlib.data import FASHION_CLASSES, fashion_mnist
    >>> train, test = fashion_mnist()
    >>> train
    Labelled(X: (2000, 28, 28, 1) uint8, y: (2000,) int64)
    >>> [FASHION_CLASSES[label] for label in train.y[:3]]
    ['Ankle boot', 'T-shirt/top', 'T-shirt/top']
    """
    if not isinstance(subset, bool | np.bool_):
        raise TypeError(
            f"fashion_mnist: subset is {subset!r}: use True for the part that ships, False for "
            f"all 70,000 images"
        )
    if subset:
        part = bundled("fashion_mnist.npz")
        parts = [part[key] for key in ("X_train", "y_train", "X_test", "y_test")]
    else:
        parts = [_idx(_unpacked(name)) for name in _FILES]
    return Fashion(labelled(parts[0], parts[1]), labelled(parts[2], parts[3]))


def _idx(raw: bytes) -> npt.NDArray[np.uint8]:
    """Return the array in an IDX file: 0, 0, type, number of axes, their lengths, the entries."""
    axes = raw[3]
    shape = struct.unpack_from(f">{axes}I", raw, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _unpacked(name: str) -> bytes:
    """Return the bytes of one file from the first place that has it, or say what was tried."""
    cache, tried = _cache(), []
    for folder in filter(None, (cache, _DEBIAN)):
        try:
            return _verified(folder / name)
        except FileNotFoundError:
            tried.append(f"{folder}: not there")
        except (OSError, ValueError) as error:
            tried.append(f"{folder}: {error}")
    for address in _ADDRESSES:
        try:
            return _verified(_downloaded(address, name, cache))
        except (OSError, ValueError, ImportError) as error:
            # requests quotes addresses and objects at length; the kind of error says enough
            reason = error if isinstance(error, ImportError) else type(error).__name__
            tried.append(f"{address}: {reason}")
    raise FileNotFoundError(
        f"fashion_mnist: the full set is not on this machine and could not be downloaded.\n"
        f"Tried for {name}:\n  " + "\n  ".join(tried) + "\n"
        f"Go on with the part that ships: fashion_mnist(), 2,000 + 500 images, needs no network.\n"
        f"Or, on Debian and Ubuntu: sudo apt install dataset-fashion-mnist. Or put the four .gz "
        f"files of https://github.com/zalandoresearch/fashion-mnist (data/fashion) into "
        f"{cache or 'a folder fashion-mnist/ and set CNNLIB_DATA to the folder above it'}."
    )


def _verified(path: Path) -> bytes:
    """Return the unpacked bytes of a file, if they are those that Zalando published."""
    try:
        raw = gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"damaged ({error})") from None
    if hashlib.sha256(raw).hexdigest() != _FILES[path.name][0]:
        raise ValueError("damaged (its SHA-256 is not the known one)")
    return raw


def _cache() -> Path | None:
    """Return the folder for downloaded files, or None without pooch and without $CNNLIB_DATA."""
    if folder := os.environ.get("CNNLIB_DATA"):
        return Path(folder).expanduser() / "fashion-mnist"
    try:
        import pooch
    except ModuleNotFoundError:
        return None
    return Path(pooch.os_cache("cnnlib")) / "fashion-mnist"


def _downloaded(address: str, name: str, cache: Path | None) -> Path:
    """Download one file into the cache.

    Pooch writes to a temporary file, compares hashes, and only then renames it: what is under the
    name is whole, and a damaged file under it is replaced.
    """
    try:
        import pooch
    except ModuleNotFoundError:
        raise ModuleNotFoundError("pooch is not installed (pip install pooch)") from None
    path = pooch.retrieve(
        address + name,
        known_hash=f"sha256:{_FILES[name][1]}",
        fname=name,
        path=cache,
        progressbar=find_spec("tqdm") is not None,
    )
    return Path(path)
