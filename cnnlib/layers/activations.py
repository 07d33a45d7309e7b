"""The activations ψ as layers: applied to each entry (softmax: to each vector), nothing learned.

Their equations, and what they raise, are in `cnnlib.functional`. Each remembers the numbers that it
was given, because the chain rule needs the ψ′ of those.
"""

from __future__ import annotations

import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib import functional as F
from cnnlib._checks import Array
from cnnlib.layers.base import Layer


class ReLU(Layer):
    """Keep what is positive: a = max(0, z). At 0 the derivative is taken as 0.

    Raises
    ------
    TypeError, ValueError
        As `cnnlib.functional.relu` and `relu_backward`.

    References
    ----------
    Nair and Hinton, *Rectified linear units improve restricted Boltzmann machines*, ICML 2010.

    Examples
    --------
    >>> ReLU().forward([-2.0, 0.0, 3.0])
    array([0., 0., 3.])
    """

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return ψ(A), with the shape of A: any."""
        return self._remember(F.relu(A), A, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dZ·ψ′(A), with the shape of A."""
        (A,) = self._recall(dZ)
        return F.relu_backward(dZ, A)


class LeakyReLU(Layer):
    """Keep what is positive and a little of what is negative: a = z or slope·z.

    Parameters
    ----------
    slope : float from 0 to 1
        What a negative z is multiplied with.

    Raises
    ------
    TypeError, ValueError
        As `cnnlib.functional.leaky_relu` and `leaky_relu_backward`.

    References
    ----------
    Maas, Hannun and Ng, *Rectifier nonlinearities improve neural network acoustic models*, ICML
    2013, section 2.

    Examples
    --------
    >>> LeakyReLU(0.1).forward([-2.0, 0.0, 3.0])
    array([-0.2,  0. ,  3. ])
    """

    def __init__(self, slope: float = 0.01) -> None:
        super().__init__()
        why = "what is negative must become smaller and keep its sign"
        self.slope = check.within("LeakyReLU", "slope", slope, 0, 1, "[]", why)

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return ψ(A), with the shape of A: any."""
        return self._remember(F.leaky_relu(A, self.slope), A, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dZ·ψ′(A), with the shape of A."""
        (A,) = self._recall(dZ)
        return F.leaky_relu_backward(dZ, A, self.slope)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope})"


class Sigmoid(Layer):
    """Squeeze every number into (0, 1): a = 1 / (1 + e^−z).

    Raises
    ------
    TypeError, ValueError
        As `cnnlib.functional.sigmoid` and `sigmoid_backward`.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, equation 3.30.

    Examples
    --------
    >>> Sigmoid().forward([0.0])
    array([0.5])
    """

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return ψ(A), with the shape of A: any."""
        return self._remember(F.sigmoid(A), A, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dZ·ψ′(A), with the shape of A."""
        (A,) = self._recall(dZ)
        return F.sigmoid_backward(dZ, A)


class Tanh(Layer):
    """Squeeze every number into (−1, 1): a = tanh z.

    Raises
    ------
    TypeError, ValueError
        As `cnnlib.functional.tanh` and `tanh_backward`.

    References
    ----------
    LeCun, Bottou, Orr and Müller, *Efficient BackProp*, 1998, section 4.4.

    Examples
    --------
    >>> Tanh().forward([0.0])
    array([0.])
    """

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return ψ(A), with the shape of A: any."""
        Z = F.tanh(A)
        return self._remember(Z, A, Z, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dZ·ψ′(A), with the shape of A."""
        A, Z = self._recall(dZ)
        return F.tanh_backward(dZ, A, A=Z)


class Softmax(Layer):
    """Turn the last axis into probabilities: positive, and with the sum 1.

    To train a classifier, leave this out: `cross_entropy` takes the logits, because softmax and
    logarithm together can be computed without overflow, and one after the other cannot.

    Raises
    ------
    TypeError, ValueError
        As `cnnlib.functional.softmax` and `softmax_backward`.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, equation 6.29.

    Examples
    --------
    >>> Softmax().forward([[0.0, 0.0]])
    array([[0.5, 0.5]])
    """

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return the probabilities, with the shape of A: (m, n), or (m, n_H, n_W, n_C)."""
        return self._remember(F.softmax(A), A, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA, with the shape of A."""
        (A,) = self._recall(dZ)
        return F.softmax_backward(dZ, A)
