"""The definitions of pooling, dense, softmax and the rest as loops; the images are in `oracles`.

Nothing here is imported from cnnlib. The hand-computed cases of the tests hold these functions
before they hold the library.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from oracles import positions


def windows(A, f: int, s: int, p: int):
    """Yield (output index, [(tap, pixel index), …]) of every window, without taps in padding."""
    m, n_H, n_W, n_C = A.shape
    rows, columns = positions(n_H, f, s, p), positions(n_W, f, s, p)
    for image, (x, u), (y, v), k in product(
        range(m), enumerate(rows), enumerate(columns), range(n_C)
    ):
        yield (
            (image, x, y, k),
            [
                (i * f + j, (image, u + i, v + j, k))
                for i, j in product(range(f), range(f))
                if 0 <= u + i < n_H and 0 <= v + j < n_W
            ],
        )


def pooled_shape(A, f: int, s: int, p: int) -> tuple[int, int, int, int]:
    m, n_H, n_W, n_C = A.shape
    return m, len(positions(n_H, f, s, p)), len(positions(n_W, f, s, p)), n_C


def max_pool2d(A, f: int, s: int, p: int):
    """Z and winners: the first tap, row by row, that no other exceeds."""
    Z, winners = np.zeros(pooled_shape(A, f, s, p)), np.zeros(pooled_shape(A, f, s, p), int)
    for output, taps in windows(A, f, s, p):
        best, best_tap = -math.inf, None
        for tap, pixel in taps:
            if A[pixel] > best:
                best, best_tap = A[pixel], tap
        Z[output], winners[output] = best, best_tap
    return Z, winners


def max_pool2d_backward(dZ, A, f: int, s: int, p: int):
    dA = np.zeros(A.shape)
    _, winners = max_pool2d(A, f, s, p)
    for output, taps in windows(A, f, s, p):
        dA[dict(taps)[winners[output]]] += dZ[output]
    return dA


def avg_pool2d(A, f: int, s: int, p: int, count_padding: bool = True):
    Z = np.zeros(pooled_shape(A, f, s, p))
    for output, taps in windows(A, f, s, p):
        Z[output] = sum(A[pixel] for _, pixel in taps) / (f * f if count_padding else len(taps))
    return Z


def avg_pool2d_backward(dZ, A, f: int, s: int, p: int, count_padding: bool = True):
    dA = np.zeros(A.shape)
    for output, taps in windows(A, f, s, p):
        for _, pixel in taps:
            dA[pixel] += dZ[output] / (f * f if count_padding else len(taps))
    return dA


def dense(A, W, b):
    Z = np.zeros((len(A), W.shape[1]))
    for example, j in product(range(len(A)), range(W.shape[1])):
        Z[example, j] = sum(A[example, l] * W[l, j] for l in range(W.shape[0])) + b[j]
    return Z


def dense_backward(dZ, A, W):
    """Each product of the forward pass sends dZ times one factor to the other."""
    dA, dW, db = np.zeros(A.shape), np.zeros(W.shape), np.zeros(W.shape[1])
    for example, j in product(range(len(A)), range(W.shape[1])):
        db[j] += dZ[example, j]
        for l in range(W.shape[0]):
            dA[example, l] += dZ[example, j] * W[l, j]
            dW[l, j] += dZ[example, j] * A[example, l]
    return dA, dW, db


def softmax(row):
    """One row, as written: for numbers that do not overflow."""
    total = math.fsum(math.exp(z) for z in row)
    return [math.exp(z) / total for z in row]


def cross_entropy(logits, y) -> float:
    return -math.fsum(math.log(softmax(row)[i]) for row, i in zip(logits, y, strict=True)) / len(y)


def batch_norm(Z, gamma, beta, eps: float):
    """Channel by channel, with the statistics of the batch."""
    Y = np.zeros(Z.shape)
    means, variances = [], []
    for k in range(Z.shape[-1]):
        numbers = [float(z) for z in Z[..., k].ravel()]
        mean = math.fsum(numbers) / len(numbers)
        variance = math.fsum((z - mean) ** 2 for z in numbers) / len(numbers)
        Y[..., k] = gamma[k] * (Z[..., k] - mean) / math.sqrt(variance + eps) + beta[k]
        means.append(mean)
        variances.append(variance)
    return Y, np.array(means), np.array(variances)


def numerical_gradient(J, X, h: float = 1e-6):
    """∂J/∂X by central differences, one entry at a time; J takes an array and returns a number."""
    dX = np.zeros(X.shape)
    for index in np.ndindex(X.shape):
        step = np.zeros(X.shape)
        step[index] = h
        dX[index] = (J(X + step) - J(X - step)) / (2 * h)
    return dX
