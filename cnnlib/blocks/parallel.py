"""Layers side by side, whose outputs are added (ResNet) or concatenated (Inception)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnlib._checks import Array
from cnnlib.blocks._parts import at, parts
from cnnlib.init import Shape
from cnnlib.layers import Identity, Layer, Path


class Residual(Layer):
    """Add the input to the output: y = body(x) + shortcut(x).

    So the body learns what is to be changed in x, and if it gives zero the block is the identity.
    The activation of the article, a = ψ(z + a_prev2), comes behind it: `Residual(…), ReLU()`.

    Parameters
    ----------
    body : Layer
        F.
    shortcut : Layer, optional
        `Identity()` if not given. Where the body changes the shape, a 1×1 convolution with the
        body's stride (the article's W_s, learned), or `AvgPool2D(1, stride)` and `PadChannels` (W_s
        fixed).

    Raises
    ------
    TypeError
        An argument is not a Layer.
    ValueError
        Body and shortcut give different shapes: nothing is broadcast. Or as `Sequential`.

    References
    ----------
    He et al., *Deep residual learning for image recognition*, arXiv 1512.03385, equations 1 and 2.

    Examples
    --------
    >>> from cnnlib.layers import Conv2D
    >>> from cnnlib.init import zeros
    >>> body = Conv2D(3, 3, 3, padding=1, rng=np.random.default_rng(0), init=zeros)
    >>> A = np.random.default_rng(1).standard_normal((2, 8, 8, 3))
    >>> bool(np.all(Residual(body).forward(A) == A))
    True
    """

    def __init__(self, body: Layer, shortcut: Layer | None = None) -> None:
        super().__init__()
        shortcut = Identity() if shortcut is None else shortcut
        self.body, self.shortcut = parts(self, (body, shortcut))

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Y, with the shape that body and shortcut both give."""
        A = np.asarray(A)
        Z = at(self, "body", self.body.forward, A, training)
        S = at(self, "shortcut", self.shortcut.forward, A, training)
        self._sum_shape(Z.shape[1:], S.shape[1:])
        return self._remember(Z + S, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA: the sum hands dZ on to both, and their gradients meet again at A."""
        self._recall(dZ)
        dF = at(self, "body", self.body.backward, dZ)
        dA: Array = dF + at(self, "shortcut", self.shortcut.backward, dZ)
        return dA

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape that body and shortcut both give."""
        Z = at(self, "body", self.body.output_shape, shape)
        return self._sum_shape(Z, at(self, "shortcut", self.shortcut.output_shape, shape))

    def paths(self) -> list[Path]:
        """Return the two ways through."""
        return [[("body", self.body)], [("shortcut", self.shortcut)]]

    def _sum_shape(self, Z: Shape, S: Shape) -> Shape:
        if Z == S:
            return Z
        fix = "use a shortcut that gives the body's shape"
        if len(Z) == len(S) == 3:
            s = -(-S[0] // Z[0])
            fix += f", e.g. Conv2D({S[2]}, {Z[2]}, kernel_size=1, stride={s}, rng=rng)"
            fix += ", or a body with padding = (kernel_size − 1)/2"
        raise ValueError(
            f"Residual: the body gives {Z} and the shortcut gives {S} for one example, but only "
            f"equal shapes can be added: {fix}"
        )


class Concat(Layer):
    """Give the input to several branches and lay their outputs side by side, on the channels.

    Parameters
    ----------
    *branches : Layer
        At least one. Their outputs must agree in n_H and n_W.

    Raises
    ------
    TypeError
        An argument is not a Layer.
    ValueError
        There is no branch, or their outputs differ in more than the channels. Or as `Sequential`.

    References
    ----------
    Szegedy et al., *Going deeper with convolutions*, arXiv 1409.4842, section 4 and figure 2.

    Examples
    --------
    >>> from cnnlib.layers import AvgPool2D, Conv2D
    >>> rng = np.random.default_rng(0)
    >>> block = Concat(Conv2D(3, 8, 1, rng=rng), AvgPool2D(3, stride=1, padding=1))
    >>> block.output_shape((28, 28, 3))
    (28, 28, 11)
    """

    def __init__(self, *branches: Layer) -> None:
        super().__init__()
        self.branches = parts(self, branches)
        if not branches:
            raise ValueError("Concat: it was given no branch, so it has no output: give it layers")

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Z : (m, n_H, n_W, Σ n_C), the branches in their order."""
        A = np.asarray(A)
        branches = self.children().items()
        outputs = [at(self, name, branch.forward, A, training) for name, branch in branches]
        self._joined([Z.shape[1:] for Z in outputs])
        channels = [Z.shape[-1] for Z in outputs]
        return self._remember(np.concatenate(outputs, -1), channels, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA: each branch gets its channels of dZ, and their gradients meet again at A."""
        (channels,) = self._recall(dZ)
        pieces = np.split(np.asarray(dZ), np.cumsum(channels)[:-1], -1)
        first, *others = (
            at(self, name, branch.backward, piece)
            for (name, branch), piece in zip(self.children().items(), pieces, strict=True)
        )
        dA: Array = sum(others, start=first)
        return dA

    def output_shape(self, shape: Shape) -> Shape:
        """Return (n_H, n_W, Σ n_C)."""
        branches = self.children().items()
        return self._joined(
            [at(self, name, branch.output_shape, shape) for name, branch in branches]
        )

    def paths(self) -> list[Path]:
        """Return the branches, each a way through."""
        return [[(str(i), branch)] for i, branch in enumerate(self.branches)]

    def _joined(self, shapes: list[Shape]) -> Shape:
        first = shapes[0]
        for i, other in enumerate(shapes):
            if other[:-1] != first[:-1]:
                raise ValueError(
                    f"Concat: branch 0 gives {first} and branch {i} gives {other} for one example, "
                    f"but only the channels, the last axis, may differ: use the same stride in "
                    f"every branch, and padding = (kernel_size − 1)/2"
                )
        return *first[:-1], sum(shape[-1] for shape in shapes)
