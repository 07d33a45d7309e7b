"""Weights in a file: a plain .npz of named arrays, which `numpy.load` can read by itself."""

from __future__ import annotations

import os
import zipfile
import zlib
from os import PathLike
from pathlib import Path

import numpy as np

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib.layers import Layer

__all__ = ["load", "save"]


def save(path: str | PathLike[str], model: Layer) -> None:
    """Write what a model has learned to a file: all of it, or nothing.

    The arrays go to a new file beside the old one, which then takes its place in one step. If
    writing ends in between, by an error, Ctrl-C or a power cut, the old file is as it was.

    Parameters
    ----------
    path : str or path
        The file, e.g. "lenet5.npz". The name is taken as it is; no ending is added.
    model : Layer
        A layer or block. Its `params` and `state` (running statistics) are written under their
        names, in their dtype.

    Raises
    ------
    TypeError
        The model is not a layer.
    OSError
        The path is that of a folder, or its folder does not exist or cannot be written to.
    ValueError
        The model holds NaN or ±inf: a good file is not replaced by a broken model.

    References
    ----------
    The format is NumPy's: Kern, *A simple file format for NumPy arrays*, NEP 1.

    Examples
    --------
    >>> import tempfile
    >>> from cnnlib.layers import Dense
    >>> a, b = (Dense(3, 2, rng=np.random.default_rng(seed)) for seed in (0, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/dense.npz", a)
    ...     load(f"{folder}/dense.npz", b)
    >>> bool(np.all(a.params["W"] == b.params["W"]))
    True
    """
    arrays = _arrays("save", model)
    path = Path(path).resolve()  # of a link, the file that it points to is replaced
    if path.is_dir():
        raise IsADirectoryError(f"save: {path} is a folder: give the name of a file in it")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {path.parent}: make it first")
    for name, array in arrays.items():
        check.finite("save", name, array)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            # allow_pickle=False would be one more array to NumPy 2.0 and 2.1
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())  # the bytes are on the disk before the name points to them
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def load(path: str | PathLike[str], model: Layer) -> None:
    """Read into a model what `save` wrote: all of it, or nothing.

    The file is read and compared with the model to the end before the model is changed.

    Parameters
    ----------
    path : str or path
    model : Layer
        A model built in the same way as the one that was saved. Its arrays are written to, in their
        dtype.

    Raises
    ------
    TypeError
        The model is not a layer.
    OSError
        There is no such file, or it cannot be opened.
    ValueError
        The file is damaged or not an .npz of numbers, or its names or shapes are not the model's.

    Examples
    --------
    See `save`.
    """
    arrays, found = _arrays("load", model), _read(path)
    missing, unknown = sorted(arrays.keys() - found.keys()), sorted(found.keys() - arrays.keys())
    if missing or unknown:
        raise ValueError(
            f"load: {path} is of another model: "
            + "; ".join(
                f"{what} {_some(names)}"
                for what, names in (("it lacks", missing), ("the model lacks", unknown))
                if names
            )
            + ": build the model as it was built when it was saved"
        )
    wrong = [
        f"{name} {found[name].shape} in the file, {array.shape} in the model"
        for name, array in arrays.items()
        if found[name].shape != array.shape
    ]
    if wrong:
        raise ValueError(
            f"load: {path} has arrays of other shapes: {_some(wrong)}: build the model with the "
            f"sizes that it had when it was saved"
        )
    for name, array in arrays.items():
        found[name] = _as(array.dtype, f"{name} in {path}", found[name])
    for name, array in arrays.items():
        array[...] = found[name]


def _arrays(call: str, model: Layer) -> dict[str, Array]:
    """All arrays of a model: those of params and those of state have different names."""
    if not isinstance(model, Layer):
        raise TypeError(
            f"{call}: model is of type {type(model).__name__}, but it must be a layer or block: "
            f"use {call}(path, model)"
        )
    return {**model.params, **model.state}


def _read(path: str | PathLike[str]) -> dict[str, Array]:
    """Return the arrays of a file; each is checked against the sum that the file keeps of it."""
    damage = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, KeyError)
    with Path(path).open("rb") as opened:  # so that a missing file is told from a damaged one
        try:
            with np.load(opened, allow_pickle=False) as file:
                return dict(file)
        except (*damage, AttributeError, TypeError, NotImplementedError, MemoryError) as error:
            # NumPy's words on pickles would tell how to open one
            why = "it is no array" if "pickle" in str(error) else error
            raise ValueError(
                f"load: {path} cannot be read ({why}): it is damaged, or not an .npz file of "
                f"numbers: use another copy, or save the model again"
            ) from None


def _as(dtype: np.dtype[np.generic], name: str, array: Array) -> Array:
    """Return an array of a file in the dtype of the model, if it holds finite real numbers."""
    if array.dtype.kind != "f":
        raise ValueError(
            f"load: {name} has dtype {array.dtype}, but weights are real numbers: "
            f"load a file that cnnlib.saving.save wrote"
        )
    with np.errstate(over="ignore"):  # what is too large for float32 becomes inf, which is refused
        array = array.astype(dtype)
    check.finite("load", name, array)
    return array


def _some(names: list[str]) -> str:
    """List the first three names."""
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + rest
