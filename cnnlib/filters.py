"""Filters that people designed, before networks learned them.

All are kernels for `correlate2d`: they are laid on the image as they are printed, not flipped.
Those that find edges have the sign of the article's VEF: where the left side of the window (for
`_X`, `VEF`) or its top (for `_Y`, `HEF`) is the brighter one, the result is positive. Other books
and libraries often have the opposite sign. The constants cannot be written to; copy one to change
it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array

__all__ = [
    "EMBOSS",
    "HEF",
    "IDENTITY",
    "LAPLACIAN",
    "LAPLACIAN_8",
    "PRESETS",
    "PREWITT_X",
    "PREWITT_Y",
    "SCHARR_X",
    "SCHARR_Y",
    "SHARPEN",
    "SOBEL_X",
    "SOBEL_Y",
    "VEF",
    "box",
    "gaussian",
]


def box(kernel_size: int) -> Array:
    """Return the mean of an f×f window as a filter: every entry is 1/f².

    Parameters
    ----------
    kernel_size : int ≥ 1
        f.

    Returns
    -------
    array (f, f)
        Float64, with the sum 1.

    Raises
    ------
    TypeError, ValueError
        f is not an integer, or is below 1.

    References
    ----------
    Rosenfeld and Kak, *Digital Picture Processing*, 2nd edition, 1982.

    Examples
    --------
    >>> box(2)
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    f = check.integer("box", "kernel_size", kernel_size, 1)
    return np.full((f, f), 1 / f**2)


def gaussian(kernel_size: int, sigma: float) -> Array:
    """Return a Gaussian, sampled at the pixels of an f×f window and divided by its sum.

    The equation, with c the centre of the window::

        G[i, j] = g[i] · g[j],   g[i] = exp(−(i − c)² / 2σ²) / Σ_l exp(−(l − c)² / 2σ²)

    It is separable: blurring with the column g and then with the row g gives the same result as
    G, with 2f multiplications per pixel where G needs f². With f ≥ 6σ + 1 the window reaches 3σ
    to each side and keeps 99.7 % of the bell along each axis; a smaller f cuts its skirt.

    Parameters
    ----------
    kernel_size : int ≥ 1
        f, odd, so that the peak is on a pixel.
    sigma : float > 0
        σ, the standard deviation in pixels.

    Returns
    -------
    array (f, f)
        Float64, with the sum 1.

    Raises
    ------
    TypeError
        f is not an integer, or σ is not a number.
    ValueError
        f is even or below 1, or σ is not positive and finite.

    References
    ----------
    Marr and Hildreth, "Theory of edge detection", *Proceedings of the Royal Society B* 207, 1980;
    on what sampling does to the bell: Lindeberg, "Scale-space for discrete signals", *IEEE
    Transactions on Pattern Analysis and Machine Intelligence* 12(3), 1990.

    Examples
    --------
    >>> gaussian(3, 1.0).round(3)
    array([[0.075, 0.124, 0.075],
           [0.124, 0.204, 0.124],
           [0.075, 0.124, 0.075]])
    """
    f = check.integer("gaussian", "kernel_size", kernel_size, 1)
    sigma = check.number("gaussian", "sigma", sigma)
    if f % 2 == 0:
        raise ValueError(
            f"gaussian: kernel_size is {f}, but the peak has to lie on a pixel: use an odd size"
        )
    if not 0 < sigma < np.inf:
        raise ValueError(
            f"gaussian: sigma is {sigma}, but it is the width of the bell in pixels: "
            f"use a finite number > 0"
        )
    distance = np.arange(f) - f // 2
    with np.errstate(over="ignore", divide="ignore"):  # a bell thinner than a pixel: exp(−∞) = 0
        g = np.exp(-0.5 * (distance / sigma) ** 2)
    g /= g.sum()
    return np.outer(g, g)


def _constant(rows: npt.ArrayLike) -> Array:
    """Make a float64 array that cannot be written to."""
    kernel = np.array(rows, dtype=np.float64, order="C")
    kernel.flags.writeable = False
    return kernel


#: Vertical edges. Mebsout, "Convolutional Neural Networks' mathematics", 2020, section 1.
VEF = _constant([[1, 0, -1], [1, 0, -1], [1, 0, -1]])
#: Horizontal edges, the transpose of `VEF`.
HEF = _constant(VEF.T)

#: The same numbers as `VEF`, fifty years before. Prewitt, "Object enhancement and extraction", in
#: *Picture Processing and Psychopictorics*, 1970.
PREWITT_X = _constant(VEF)
#: The same numbers as `HEF`.
PREWITT_Y = _constant(HEF)

#: The difference (1, 0, −1) along the rows, and the blur (1, 2, 1) along the columns. Sobel and
#: Feldman, "A 3×3 isotropic gradient operator for image processing", a talk at the Stanford
#: Artificial Intelligence Project, 1968; in print in Duda and Hart, *Pattern Classification and
#: Scene Analysis*, 1973, pages 271-272.
SOBEL_X = _constant(np.outer([1, 2, 1], [1, 0, -1]))
#: The transpose of `SOBEL_X`.
SOBEL_Y = _constant(SOBEL_X.T)

#: As `SOBEL_X` with the blur (3, 10, 3), which is chosen so that the direction of the gradient, for
#: edges at any angle, is as right as 3×3 allows. Scharr, *Optimale Operatoren in der digitalen
#: Bildverarbeitung*, thesis, Heidelberg, 2000.
SCHARR_X = _constant(np.outer([3, 10, 3], [1, 0, -1]))
#: The transpose of `SCHARR_X`.
SCHARR_Y = _constant(SCHARR_X.T)

#: ∂²/∂x² + ∂²/∂y² as second differences; negative at the centre, as the operator is at a bright
#: point. Marr and Hildreth, 1980, look for edges where it changes sign.
LAPLACIAN = _constant([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
#: The same with the diagonals. Gonzalez and Woods, *Digital Image Processing*, 3rd edition, 2008,
#: section 3.6.2.
LAPLACIAN_8 = _constant([[1, 1, 1], [1, -8, 1], [1, 1, 1]])

#: What changes nothing.
IDENTITY = _constant([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
#: The image minus its `LAPLACIAN`. Gonzalez and Woods, 2008, section 3.6.2.
SHARPEN = _constant(IDENTITY - LAPLACIAN)

#: A relief lit from the upper left, which is the image plus its slope towards the lower right. The
#: entry "Emboss" of the convolution matrix in the GIMP user manual; bumps shaded by slope go back
#: to Blinn, "Simulation of wrinkled surfaces", 1978.
EMBOSS = _constant([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])

#: The filters above under names for people, and blurs made by `box` and `gaussian`.
PRESETS: dict[str, Array] = {
    "Vertical edges (VEF, Prewitt)": VEF,
    "Horizontal edges (HEF, Prewitt)": HEF,
    "Sobel, vertical edges": SOBEL_X,
    "Sobel, horizontal edges": SOBEL_Y,
    "Scharr, vertical edges": SCHARR_X,
    "Scharr, horizontal edges": SCHARR_Y,
    "Laplacian": LAPLACIAN,
    "Laplacian with diagonals": LAPLACIAN_8,
    "Sharpen": SHARPEN,
    "Box blur 3×3": _constant(box(3)),
    "Box blur 5×5": _constant(box(5)),
    "Gaussian blur 3×3, σ = 0.8": _constant(gaussian(3, 0.8)),
    "Gaussian blur 5×5, σ = 1": _constant(gaussian(5, 1.0)),
    "Emboss": EMBOSS,
    "Identity": IDENTITY,
}
