"""Arrays by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from cnnlib._checks import Array


class Arrays(dict[str, Array]):
    """A dict of arrays that stay: to set an entry is to write into the array that is there.

    So all who hold that array see the change, and `params["W"] -= 0.1 * grads["W"]` does what it
    says, in a whole model as in one layer.

    Raises
    ------
    KeyError
        There is no array of that name to write into.
    ValueError
        The value has another shape. A single number fills the array.

    Examples
    --------
    >>> W = np.zeros(2)
    >>> params = Arrays(W=W)
    >>> params["W"] += 1
    >>> W
    array([1., 1.])
    """

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        if name not in self:
            raise KeyError(f"there is no array {name!r} to write into: use one of {list(self)}")
        if np.shape(value) not in ((), self[name].shape):
            raise ValueError(
                f"the value for {name!r} has shape {np.shape(value)}, but the array has "
                f"{self[name].shape}: give one of that shape, or a single number"
            )
        self[name][...] = value

    def update(self, values: Mapping[str, npt.ArrayLike]) -> None:  # type: ignore[override]
        """Set several entries."""
        for name, value in values.items():
            self[name] = value
