"""The definitions as loops: slow, and so plain that one can check them by reading.

Nothing here is imported from cnnlib. The hand-computed cases in test_functional.py hold these
functions before they hold the library.
"""

from __future__ import annotations

from itertools import product

import numpy as np


def positions(n: int, f: int, s: int, p: int) -> list[int]:
    """First pixels of all windows along one axis; the image is 0..n−1 and begins at −p."""
    return [u for u in range(-p, n + p) if (u + p) % s == 0 and u + f - 1 < n + p]


def pixel(A, image: int, u: int, v: int, k: int) -> float:
    """A pixel of the image that goes on with zeros."""
    inside = 0 <= u < A.shape[1] and 0 <= v < A.shape[2]
    return A[image, u, v, k] if inside else 0.0


def conv2d(A, W, b=None, s: int = 1, p: int = 0):
    """Z[x, y, n] = Σ_{i,j,k} W[i, j, k, n] · Ã[xs + i, ys + j, k] + b[n], all counted from 0."""
    m, n_H_prev, n_W_prev, n_C_prev = A.shape
    f_H, f_W, _, n_C = W.shape
    rows, columns = positions(n_H_prev, f_H, s, p), positions(n_W_prev, f_W, s, p)
    Z = np.zeros((m, len(rows), len(columns), n_C))
    for image, (x, u), (y, v), n in product(
        range(m), enumerate(rows), enumerate(columns), range(n_C)
    ):
        for i, j, k in product(range(f_H), range(f_W), range(n_C_prev)):
            Z[image, x, y, n] += W[i, j, k, n] * pixel(A, image, u + i, v + j, k)
        if b is not None:
            Z[image, x, y, n] += b[n]
    return Z


def conv2d_backward(dZ, A, W, s: int = 1, p: int = 0):
    """Each product of the forward pass sends dZ times one factor to the other."""
    m, n_H_prev, n_W_prev, n_C_prev = A.shape
    f_H, f_W, _, n_C = W.shape
    rows, columns = positions(n_H_prev, f_H, s, p), positions(n_W_prev, f_W, s, p)
    dA, dW, db = np.zeros(A.shape), np.zeros(W.shape), np.zeros(n_C)
    for image, (x, u), (y, v), n in product(
        range(m), enumerate(rows), enumerate(columns), range(n_C)
    ):
        d = dZ[image, x, y, n]
        db[n] += d
        for i, j, k in product(range(f_H), range(f_W), range(n_C_prev)):
            dW[i, j, k, n] += d * pixel(A, image, u + i, v + j, k)
            if 0 <= u + i < n_H_prev and 0 <= v + j < n_W_prev:
                dA[image, u + i, v + j, k] += d * W[i, j, k, n]
    return dA, dW, db
