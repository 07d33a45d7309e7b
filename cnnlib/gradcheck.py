"""Two ways to prove a backward: against differences of the forward, and by the adjoint identity.

Both take a random gradient dZ at the output, never ones: a backward that mixes up the entries of dZ
makes no error if they are all equal.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib.layers import Layer

__all__ = ["Comparison", "GradientError", "check_adjoint", "check_gradients", "numerical_gradient"]

EPS = 1e-6  # near the cube root of float64's precision, where rounding and curvature balance


class GradientError(AssertionError):
    """A gradient is not the derivative that the forward pass has."""


class Comparison(NamedTuple):
    """What came of comparing one array of gradients.

    Attributes
    ----------
    error : float
        The largest difference of an entry, relative to the largest entry of the array (or to 0.01,
        if all are smaller).
    entries : int
        How many were compared.
    kinks : int
        How many were not, because J has no derivative there.
    """

    error: float
    entries: int
    kinks: int


def numerical_gradient(f: Callable[[Array], float], x: npt.ArrayLike, eps: float = EPS) -> Array:
    """Differentiate a function of an array, entry by entry, by central differences.

    The equation, with e the array that is 1 at the entry and 0 elsewhere::

        ∂f/∂x[i] ≈ (f(x + ε·e) − f(x − ε·e)) / 2ε

    Parameters
    ----------
    f : function array → float
        It is called twice for each entry of x.
    x : array of any shape
        Computed with as float64; it is not changed.
    eps : float > 0
        ε.

    Returns
    -------
    float64 array with the shape of x

    Raises
    ------
    TypeError, ValueError
        x does not hold real numbers, or eps is not a positive number.

    References
    ----------
    Nocedal and Wright, *Numerical Optimization*, 2nd edition, 2006, equation 8.7.

    Examples
    --------
    >>> numerical_gradient(lambda x: float(x[0] ** 2 + 3 * x[1]), [2.0, 5.0]).round(6)
    array([4., 3.])
    """
    x, eps = _arguments("numerical_gradient", x, eps)
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        low, high = _sides(f, x, i, eps)
        gradient[i] = (high - low) / (2 * eps)
    return gradient


def check_gradients(
    layer: Layer,
    A: npt.ArrayLike,
    rng: np.random.Generator,
    *,
    tolerance: float = 1e-6,
    eps: float = EPS,
) -> dict[str, Comparison]:
    """Compare what a layer's backward returns with differences of its forward.

    The cost is J = Σ dZ·Z with a random dZ, so that ∂J/∂Z = dZ. A copy of the layer is examined, in
    float64 and in training mode, with the same random numbers in every pass; the layer itself is
    not changed.

    Where the slopes of J on the two sides of an entry differ, and go on to differ as ε gets
    smaller, there is a kink (ReLU at 0, a tie of a maximum) and nothing to compare. Such entries
    are counted. Random A have next to none.

    Parameters
    ----------
    layer : Layer
        A layer or block.
    A : array (m, …)
        A small batch: every entry of it and of the parameters takes two forward passes.
    rng : np.random.Generator
        For dZ.
    tolerance : float
        What error is taken for rounding.
    eps : float > 0
        ε of `numerical_gradient`.

    Returns
    -------
    dict name → Comparison
        Of "A" and of each of `layer.params`.

    Raises
    ------
    GradientError
        A gradient is missing, has another shape, or differs by more than the tolerance; the message
        names the worst entry.
    ValueError
        All entries of an array are on kinks, so that nothing was compared.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, section 11.5.

    Examples
    --------
    >>> from cnnlib.layers import Conv2D
    >>> rng = np.random.default_rng(0)
    >>> layer = Conv2D(2, 3, kernel_size=3, rng=rng)
    >>> found = check_gradients(layer, rng.standard_normal((2, 5, 4, 2)), rng)
    >>> {name: (comparison.entries, comparison.kinks) for name, comparison in found.items()}
    {'A': (80, 0), 'W': (54, 0), 'b': (3, 0)}
    >>> max(comparison.error for comparison in found.values()) < 1e-8
    True
    """
    A, eps = _arguments("check_gradients", A, eps)
    check.generator("check_gradients", rng)
    layer = layer.astype(np.float64)
    passed = deepcopy(layer)
    dZ = rng.standard_normal(passed.forward(A, training=True).shape)
    gradients = {"A": passed.backward(dZ), **passed.grads}

    def cost(name: str) -> Callable[[Array], float]:
        def J(value: Array) -> float:
            fresh = deepcopy(layer)  # with the random numbers at the same place
            if name != "A":
                fresh.params[name][...] = value
            return float(np.sum(dZ * fresh.forward(value if name == "A" else A, training=True)))

        return J

    return {
        name: _compare(repr(layer), name, gradients.get(name), cost(name), x, tolerance, eps)
        for name, x in {"A": A, **layer.params}.items()
    }


def check_adjoint(
    forward: Callable[[Array], Array],
    backward: Callable[[Array], Array],
    A: npt.ArrayLike,
    rng: np.random.Generator,
    *,
    tolerance: float = 1e-6,
    eps: float = EPS,
) -> float:
    """Test that a backward is the transpose of its forward's derivative, in one random direction.

    The equation, with J the derivative of forward at A, and v and dZ random::

        ⟨dZ, J·v⟩ = ⟨Jᵀ·dZ, v⟩ = ⟨backward(dZ), v⟩

    It takes three forward passes however large A is. J·v is computed by a central difference; if
    forward is linear, that is exact for any eps, and eps=1 leaves rounding only.

    Parameters
    ----------
    forward : function A → Z
        It must give the same Z for the same A.
    backward : function dZ → dA
        For the last A that forward was given.
    A : array (m, …)
    rng : np.random.Generator
        For v and dZ.
    tolerance : float
        What error is taken for rounding.
    eps : float > 0

    Returns
    -------
    float
        The difference of the two sides relative to ‖dZ‖·‖J·v‖.

    Raises
    ------
    GradientError
        It is above the tolerance.

    References
    ----------
    Claerbout, *Earth Soundings Analysis: Processing versus Inversion*, 1992, the "dot-product test"
    of chapter 5.

    Examples
    --------
    >>> from cnnlib import functional as F
    >>> rng = np.random.default_rng(0)
    >>> A, W = rng.standard_normal((2, 9, 8, 3)), rng.standard_normal((3, 3, 3, 4))
    >>> error = check_adjoint(
    ...     lambda A: F.conv2d(A, W, stride=2), lambda dZ: F.conv2d_backward(dZ, A, W, 2)[0], A, rng
    ... )
    >>> error < 1e-9
    True
    """
    A, eps = _arguments("check_adjoint", A, eps)
    check.generator("check_adjoint", rng)
    v = rng.standard_normal(A.shape)
    Jv = (forward(A + eps * v) - forward(A - eps * v)) / (2 * eps)
    dZ = rng.standard_normal(forward(A).shape)
    dA = backward(dZ)
    if dA.shape != A.shape:
        raise GradientError(f"check_adjoint: dA has shape {dA.shape}, but A has {A.shape}")
    forwards, backwards = float(np.sum(dZ * Jv)), float(np.sum(dA * v))
    size = float(np.linalg.norm(dZ) * np.linalg.norm(Jv))
    error = abs(forwards - backwards) / max(size, 1e-2)
    if not error <= tolerance:
        raise GradientError(
            f"check_adjoint: ⟨dZ, J·v⟩ is {forwards:.9g} but ⟨backward(dZ), v⟩ is {backwards:.9g}, "
            f"an error of {error:.1e}: backward is not the transpose of the derivative of forward"
        )
    return error


def _arguments(call: str, x: npt.ArrayLike, eps: float) -> tuple[Array, float]:
    """Return a float64 copy of x, and eps."""
    eps = check.number(call, "eps", eps)
    if not eps > 0:
        raise ValueError(f"{call}: eps is {eps}, but it is the step of a difference: use 1e-6")
    x = np.array(x)
    if x.dtype.kind not in "iuf":
        raise TypeError(f"{call}: an array has dtype {x.dtype}, but it must hold real numbers")
    return x.astype(np.float64), eps


def _sides(
    f: Callable[[Array], float], x: Array, i: tuple[int, ...], eps: float
) -> tuple[float, float]:
    """Return f with entry i a little smaller, and a little larger."""
    down, up = x.copy(), x.copy()
    down[i] -= eps
    up[i] += eps
    return f(down), f(up)


def _compare(
    layer: str,
    name: str,
    gradient: Array | None,
    f: Callable[[Array], float],
    x: Array,
    tolerance: float,
    eps: float,
) -> Comparison:
    """Compare one array of gradients with the differences of f."""
    if gradient is None or gradient.shape != x.shape:
        has = "is missing" if gradient is None else f"has shape {gradient.shape}"
        raise GradientError(f"{layer}: the gradient of {name} {has}, but {name} has {x.shape}")
    numerical, kinks, here = np.empty_like(x), np.zeros(x.shape, bool), f(x)

    def look(i: tuple[int, ...], eps: float) -> tuple[float, float]:
        """Return the slope at entry i, and by how much the slopes to its two sides differ."""
        low, high = _sides(f, x, i, eps)
        return (high - low) / (2 * eps), abs((high - here) - (here - low)) / eps

    for i in np.ndindex(x.shape):
        slope, gap = look(i, eps)
        if gap > 1e-5 * max(1.0, abs(slope)):  # a kink, or curvature? Curvature shrinks with ε
            slope, closer = look(i, eps / 10)
            kinks[i] = closer > gap / 2
        numerical[i] = slope
    if kinks.all():
        raise ValueError(
            f"check_gradients: J has kinks at all {x.size} entries of {name}, so there is nothing "
            f"to compare: use a random A, without ties and zeros"
        )
    size = max(float(np.abs(numerical).max()), float(np.abs(gradient).max()), 1e-2)
    errors = np.where(kinks, 0.0, np.abs(gradient - numerical) / size)
    worst = np.unravel_index(int(np.argmax(errors)), x.shape)
    if not errors[worst] <= tolerance:
        raise GradientError(
            f"{layer}: ∂J/∂{name}[{', '.join(map(str, worst))}] is {gradient[worst]:.9g}, but the "
            f"forward pass has {numerical[worst]:.9g} there; {np.sum(errors > tolerance)} of "
            f"{x.size} entries of {name} are wrong, by up to {errors[worst]:.1e} of the largest"
        )
    return Comparison(float(errors[worst]), int(np.sum(~kinks)), int(np.sum(kinks)))
