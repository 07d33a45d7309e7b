"""Wrong and right solutions of the exercises of section 4: test_exercises.py hands them in.

The mistakes are those of real solutions, each written anew; a link says where one was reported.
"""

import numpy as np

import cnnlib as cnn
from cnnlib import exercises as ex

WRONG, RIGHT = [], []


def wrong(check, mistake):
    """A wrong solution, and the name that the check must give to its mistake."""
    return lambda solution: WRONG.append((check, mistake, solution)) or solution


def right(check):
    return lambda solution: RIGHT.append((check, solution)) or solution


def answers(check, good, bad):
    for answer in good:
        RIGHT.append((check, answer))
    for mistake, answer in bad:
        WRONG.append((check, mistake, answer))


# ---- one step by hand --------------------------------------------------------------------------
answers(
    ex.check_one_step,
    [
        ([0.9, -0.9], [1.2, 3, -1.8]),
        [np.array([0.9, -0.9]), np.array([1.2, 3, -1.8])],
        [(9 / 10, -9 / 10), (6 / 5, 3, -9 / 5)],
    ],
    [
        ("uphill", ([1.1, -1.1], [0.8, 3, -2.2])),
        ("gate forgotten", ([1.2, -0.3], [1.2, 3, -1.8])),
        ("new weights used", ([1.0, -0.88], [1.2, 3, -1.8])),
        ("ReLU forgotten", ([1.8, 1.8], [1.8, 2.6, -1.2])),
        ("order of the pair", ([1.2, 3, -1.8], [0.9, -0.9])),
        ("learning rate forgotten", ([0, 0], [3, 3, 0])),
        ("gradient only", ([1, -1], [-2, 0, -2])),
        ("sign of y", ([0.7, -0.7], [1.6, 3, -1.4])),
        ("dk with the wrong sign or reversed", ([1.1, -1.1], [1.2, 3, -1.8])),
        ("v not moved", ([0.9, -0.9], [1, 3, -2])),
        ("k not moved", ([1, -1], [1.2, 3, -1.8])),
        ("factor 2", ([0.8, -0.8], [1.4, 3, -1.6])),
        ("no such result", "0.9, -0.9"),
        (None, [0.9, -0.9]),
        (None, ([0.9, -0.9], [1.2, 3])),
        (None, ([0.9, 0.9], [1.2, 3, -1.8])),
    ],
)


# ---- logit_gradient ----------------------------------------------------------------------------
@right(ex.check_logit_gradient)
def one_example_at_a_time(Z, y):
    dZ = np.zeros(Z.shape)
    for i, z in enumerate(Z):
        e = np.exp(z - max(z))
        dZ[i] = e / sum(e)
        dZ[i, y[i]] -= 1
    return dZ / len(Z)


@right(ex.check_logit_gradient)
def with_one_hot_rows(Z, y):
    log_p = Z - Z.max(axis=1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    return ((np.exp(log_p) - np.eye(Z.shape[1])[y]) / Z.shape[0]).astype(np.float32)


@right(ex.check_logit_gradient)
def pythons_lists(Z, y):
    rows = []
    for z, label in zip(Z.tolist(), y.tolist(), strict=True):
        e = [np.exp(v - max(z)) for v in z]
        rows.append([(v / sum(e) - (c == label)) / len(Z) for c, v in enumerate(e)])
    return rows


def probabilities(Z):
    e = np.exp(Z - Z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong(ex.check_logit_gradient, "sum for mean")
def not_divided(Z, y):
    P = probabilities(Z)
    P[np.arange(len(y)), y] -= 1
    return P


@wrong(ex.check_logit_gradient, "mean over all entries")
def divided_by_size(Z, y):
    return not_divided(Z, y) / Z.size


@wrong(ex.check_logit_gradient, "wrong axis")
def softmax_down_the_columns(Z, y):
    e = np.exp(Z - Z.max(axis=0))
    P = e / e.sum(axis=0)
    P[np.arange(len(y)), y] -= 1
    return P / len(y)


@wrong(ex.check_logit_gradient, "wrong axis")
def softmax_without_an_axis(Z, y):
    e = np.exp(Z - np.max(Z))
    P = e / np.sum(e)
    P[range(len(y)), y] -= 1
    return P / len(y)


@wrong(ex.check_logit_gradient, "right class forgotten")
def only_the_softmax(Z, y):
    return probabilities(Z) / len(Z)


@wrong(ex.check_logit_gradient, "wrong sign")
def right_less_predicted(Z, y):
    return (np.eye(Z.shape[1])[y] - probabilities(Z)) / len(Z)


@wrong(ex.check_logit_gradient, "at the probabilities")
def stops_before_the_softmax(Z, y):
    dP = np.zeros_like(Z)
    P = probabilities(Z)
    for i, label in enumerate(y):
        with np.errstate(divide="ignore"):
            dP[i, label] = -1 / P[i, label] / len(y)
    return dP


@wrong(ex.check_logit_gradient, "softmax twice")
def takes_logits_for_probabilities_and_again(Z, y):
    P = probabilities(probabilities(Z))
    P[np.arange(len(y)), y] -= 1
    return P / len(y)


@wrong(ex.check_logit_gradient, "overflow")
def exp_as_it_is(Z, y):
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    P[np.arange(len(y)), y] -= 1
    return P / len(y)


@wrong(ex.check_logit_gradient, "maximum of the batch")
def one_maximum_for_all(Z, y):
    e = np.exp(Z - np.max(Z))
    P = e / e.sum(axis=1, keepdims=True)
    P[np.arange(len(y)), y] -= 1
    return P / len(y)


def softmax_less_right(Z, y, largest):
    e = np.exp(Z - largest)
    return (e / e.sum(axis=1, keepdims=True) - np.eye(Z.shape[1])[y]) / len(Z)


@wrong(ex.check_logit_gradient, "maximum with 0")
def maximum_from_0_on(Z, y):
    return softmax_less_right(Z, y, np.max(Z, axis=1, keepdims=True, initial=0))


@wrong(ex.check_logit_gradient, "maximum with 0")
def searches_the_maximum_from_0_on(Z, y):
    largest = np.zeros((len(Z), 1))
    for i, c in np.ndindex(Z.shape):
        if Z[i, c] > largest[i]:
            largest[i] = Z[i, c]
    return softmax_less_right(Z, y, largest)


@wrong(ex.check_logit_gradient, "absolute values")
def largest_size(Z, y):
    return softmax_less_right(Z, y, np.abs(Z).max(axis=1, keepdims=True))


@wrong(ex.check_logit_gradient, "all columns")
def indexes_the_columns(Z, y):
    P = probabilities(Z)
    P[:, y] -= 1
    return P / len(y)


@wrong(ex.check_logit_gradient, "mean subtracted")
def one_mean_for_each_row(Z, y):
    e = np.exp(Z - Z.mean(axis=1, keepdims=True))
    P = e / e.sum(axis=1, keepdims=True)
    P[np.arange(len(y)), y] -= 1
    return P / len(y)


@wrong(ex.check_logit_gradient, None)
def clips_the_exponent(Z, y):
    e = np.exp(np.clip(Z, -500, 500))
    P = e / e.sum(axis=1, keepdims=True)
    P[np.arange(len(y)), y] -= 1
    return P / len(y)


@wrong(ex.check_logit_gradient, "other classes forgotten")
def only_where_the_class_is_right(Z, y):
    dZ, rows = np.zeros(Z.shape), np.arange(len(y))
    dZ[rows, y] = (probabilities(Z)[rows, y] - 1) / len(y)
    return dZ


@wrong(ex.check_logit_gradient, "1 subtracted everywhere")
def less_one(Z, y):
    return (probabilities(Z) - 1) / len(y)


@wrong(ex.check_logit_gradient, "raises")
def without_keepdims(Z, y):
    e = np.exp(Z - Z.max(axis=1))
    P = e / e.sum(axis=1)
    P[np.arange(len(y)), y] -= 1
    return P / len(y)


@wrong(ex.check_logit_gradient, "library used")
def lets_the_library_differentiate(Z, y):
    return cnn.cross_entropy_backward(Z, y)


@wrong(ex.check_logit_gradient, "argument changed")
def shifts_in_place(Z, y):
    Z -= Z.max(axis=1, keepdims=True)
    return not_divided(Z, y) / len(Z)


# ---- pool_backward -----------------------------------------------------------------------------
@right(ex.check_pool_backward)
def by_argmax(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f, c]
        i, j = np.unravel_index(np.argmax(window), (f, f))
        dA[e, x * s + i, y * s + j, c] += dZ[e, x, y, c]
    return dA


@right(ex.check_pool_backward)
def by_comparing(dZ, A, f, s):
    dA = np.zeros(A.shape, np.float32)
    for e in range(dZ.shape[0]):
        for x in range(dZ.shape[1]):
            for y in range(dZ.shape[2]):
                for c in range(dZ.shape[3]):
                    best, where = -np.inf, None
                    for i in range(x * s, x * s + f):
                        for j in range(y * s, y * s + f):
                            if A[e, i, j, c] > best:
                                best, where = A[e, i, j, c], (e, i, j, c)
                    dA[where] += dZ[e, x, y, c]
    return dA


@right(ex.check_pool_backward)
def all_windows_at_once(dZ, A, f, s):
    windows = np.lib.stride_tricks.sliding_window_view(A, (f, f), (1, 2))[:, ::s, ::s]
    i, j = divmod(windows.reshape(*dZ.shape, -1).argmax(axis=-1), f)
    e, x, y, c = np.indices(dZ.shape)
    dA = np.zeros(A.shape)
    np.add.at(dA, (e, x * s + i, y * s + j, c), dZ)
    return dA.tolist()


@wrong(ex.check_pool_backward, "ties routed twice")
def mask_of_equals(dZ, A, f, s):
    # https://github.com/Theano/Theano/issues/5248, and the mask of many a course
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f, c]
        mask = window == np.max(window)
        dA[e, x * s : x * s + f, y * s : y * s + f, c] += mask * dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "ties shared")
def divided_among_the_equals(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f, c]
        mask = window == np.max(window)
        dA[e, x * s : x * s + f, y * s : y * s + f, c] += mask * dZ[e, x, y, c] / np.sum(mask)
    return dA


@wrong(ex.check_pool_backward, "last of the ties")
def greater_or_equal(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        best = -np.inf
        for i in range(x * s, x * s + f):
            for j in range(y * s, y * s + f):
                if A[e, i, j, c] >= best:
                    best, row, column = A[e, i, j, c], i, j
        dA[e, row, column, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "ties by columns")
def columns_in_the_outer_loop(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        best = -np.inf
        for j in range(y * s, y * s + f):
            for i in range(x * s, x * s + f):
                if A[e, i, j, c] > best:
                    best, row, column = A[e, i, j, c], i, j
        dA[e, row, column, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "overwritten")
def assigns_to_the_winner(dZ, A, f, s):
    # https://github.com/0809zheng/CS231n-assignment2019/issues/19: right where s = f
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f, c]
        i, j = np.unravel_index(np.argmax(window), window.shape)
        dA[e, x * s + i, y * s + j, c] = dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "overwritten")
def assigns_the_window(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f, c]
        mask = np.zeros(f * f)
        mask[np.argmax(window)] = 1
        dA[e, x * s : x * s + f, y * s : y * s + f, c] = mask.reshape(f, f) * dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "stride forgotten")
def windows_at_x_and_y(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        i, j = np.unravel_index(np.argmax(A[e, x : x + f, y : y + f, c]), (f, f))
        dA[e, x + i, y + j, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "stride f assumed")
def windows_side_by_side(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * f : (x + 1) * f, y * f : (y + 1) * f, c]
        i, j = np.unravel_index(np.argmax(window), (f, f))
        dA[e, x * f + i, y * f + j, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "average")
def shares_equally(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        dA[e, x * s : x * s + f, y * s : y * s + f, c] += dZ[e, x, y, c] / f**2
    return dA


@wrong(ex.check_pool_backward, "value sent back")
def times_the_winner(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f, c]
        i, j = np.unravel_index(np.argmax(window), window.shape)
        dA[e, x * s + i, y * s + j, c] += window.max() * dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "maximum of the image")
def compares_with_the_whole_image(dZ, A, f, s):
    dA, largest = np.zeros(A.shape), A.max()
    for e, x, y, c in np.ndindex(dZ.shape):
        for i, j in np.ndindex(f, f):
            if A[e, x * s + i, y * s + j, c] == largest:
                dA[e, x * s + i, y * s + j, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "maximum starts at 0")
def best_is_0_at_first(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        best, row, column = 0, x * s, y * s
        for i, j in np.ndindex(f, f):
            if A[e, x * s + i, y * s + j, c] > best:
                best, row, column = A[e, x * s + i, y * s + j, c], x * s + i, y * s + j
        dA[e, row, column, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "row and column swapped")
def remainder_first(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        k = np.argmax(A[e, x * s : x * s + f, y * s : y * s + f, c])
        dA[e, x * s + k % f, y * s + k // f, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "square assumed")
def as_many_columns_as_rows(dZ, A, f, s):
    dA, (m, n, _, n_C) = np.zeros(A.shape), dZ.shape
    for e, x, y, c in np.ndindex(m, n, n, n_C):
        i, j = divmod(np.argmax(A[e, x * s : x * s + f, y * s : y * s + f, c]), f)
        dA[e, x * s + i, y * s + j, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "maximum of the image")
def compares_with_each_image(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f, c]
        mask = window == A[e, :, :, c].max()
        dA[e, x * s : x * s + f, y * s : y * s + f, c] += mask * dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "channels not separate")
def window_through_all_channels(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f]
        i, j, k = np.unravel_index(np.argmax(window), window.shape)
        dA[e, x * s + i, y * s + j, k] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "images not separate")
def window_through_all_images(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[:, x * s : x * s + f, y * s : y * s + f, c]
        k, i, j = np.unravel_index(np.argmax(window), window.shape)
        dA[k, x * s + i, y * s + j, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "left-over pixels lost")
def ends_with_the_last_window(dZ, A, f, s):
    m, n_H, n_W, n_C = dZ.shape
    dA = np.zeros((m, (n_H - 1) * s + f, (n_W - 1) * s + f, n_C))
    for e, x, y, c in np.ndindex(dZ.shape):
        i, j = divmod(A[e, x * s : x * s + f, y * s : y * s + f, c].argmax(), f)
        dA[e, x * s + i, y * s + j, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, None)
def zero_never_wins(dZ, A, f, s):
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f, c]
        first = np.arange(f * f).reshape(f, f) == window.argmax()
        winner = np.sign(window * first) != 0
        dA[e, x * s : x * s + f, y * s : y * s + f, c] += winner * dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, None)
def zeros_like_an_integer_image(dZ, A, f, s):
    dA = np.zeros_like(A)
    for e, x, y, c in np.ndindex(dZ.shape):
        i, j = divmod(A[e, x * s : x * s + f, y * s : y * s + f, c].argmax(), f)
        dA[e, x * s + i, y * s + j, c] += dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "integers")
def adds_to_the_integers_of_the_window(dZ, A, f, s):
    dA = np.zeros_like(A)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f, c]
        first = np.arange(f * f).reshape(f, f) == window.argmax()
        dA[e, x * s : x * s + f, y * s : y * s + f, c] += first * dZ[e, x, y, c]
    return dA


@wrong(ex.check_pool_backward, "library used")
def lets_the_library_pool(dZ, A, f, s):
    return cnn.max_pool2d_backward(dZ, A, f, s)


@wrong(ex.check_pool_backward, None)
def counts_in_integers(dZ, A, f, s):
    dA = np.zeros(A.shape, dtype=int)
    for e, x, y, c in np.ndindex(dZ.shape):
        i, j = divmod(A[e, x * s : x * s + f, y * s : y * s + f, c].argmax(), f)
        dA[e, x * s + i, y * s + j, c] += int(dZ[e, x, y, c])
    return dA


@wrong(ex.check_pool_backward, None)
def returns_inside_the_loop(dZ, A, f, s):
    # https://github.com/riccardoandreoni0/CNN-from-scratch/issues/1
    dA = np.zeros(A.shape)
    for e, x, y, c in np.ndindex(dZ.shape):
        window = A[e, x * s : x * s + f, y * s : y * s + f, c]
        i, j = np.unravel_index(np.argmax(window), window.shape)
        dA[e, x * s + i, y * s + j, c] += dZ[e, x, y, c]
        break
    return dA


# ---- conv_backward -----------------------------------------------------------------------------
@right(ex.check_conv_backward)
def loops_over_the_outputs(dZ, A, W, s, p):
    (m, n_H, n_W, _), f = A.shape, W.shape[0]
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    d_padded, dW, db = np.zeros(padded.shape), np.zeros(W.shape), np.zeros(W.shape[3])
    for i in range(m):
        for h in range(dZ.shape[1]):
            for w in range(dZ.shape[2]):
                for c in range(dZ.shape[3]):
                    top, left = h * s, w * s
                    here = np.s_[i, top : top + f, left : left + f]
                    d_padded[here] += W[:, :, :, c] * dZ[i, h, w, c]
                    dW[:, :, :, c] += padded[here] * dZ[i, h, w, c]
                    db[c] += dZ[i, h, w, c]
    return d_padded[:, p : p + n_H, p : p + n_W], dW, db


@right(ex.check_conv_backward)
def loops_over_the_taps(dZ, A, W, s, p):
    _, n_H, n_W, _ = A.shape
    padded = np.pad(A, [(0, 0), (p, p), (p, p), (0, 0)])
    d_padded, dW = np.zeros_like(padded, dtype=float), np.zeros_like(W)
    for i, j in np.ndindex(W.shape[:2]):
        rows = slice(i, i + s * (dZ.shape[1] - 1) + 1, s)
        seen = (slice(None), rows, slice(j, j + s * (dZ.shape[2] - 1) + 1, s))
        d_padded[seen] += dZ @ W[i, j].T
        dW[i, j] = np.tensordot(padded[seen], dZ, axes=([0, 1, 2], [0, 1, 2]))
    return d_padded[:, p : p + n_H, p : p + n_W], dW, dZ.sum((0, 1, 2))


@right(ex.check_conv_backward)
def one_einsum_in_float32(dZ, A, W, s, p):
    dZ, A, W = (array.astype(np.float32) for array in (dZ, A, W))
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, W.shape[:2], (1, 2))[:, ::s, ::s]
    dW = np.einsum("mxyn,mxykij->ijkn", dZ, windows)
    d_padded = np.zeros_like(padded)
    for x, y in np.ndindex(dZ.shape[1:3]):
        sent = np.einsum("mn,ijkn->mijk", dZ[:, x, y], W)
        d_padded[:, x * s : x * s + len(W), y * s : y * s + len(W)] += sent
    d_padded = d_padded[:, p:, p:][:, : A.shape[1], : A.shape[2]]
    return [d_padded, dW, dZ.sum(axis=0).sum(axis=0).sum(axis=0)]


def dilated(dZ, s):
    m, n_H, n_W, n_C = dZ.shape
    D = np.zeros((m, (n_H - 1) * s + 1, (n_W - 1) * s + 1, n_C))
    D[:, ::s, ::s] = dZ
    return D


def by_convolutions(dZ, A, W, s, p, *, of_A=dilated, of_W=dilated, fill=True):
    """The two convolutions of the chapter, for mistakes that are made in one of them."""
    f, (n_H, n_W) = len(W), A.shape[1:3]
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    D = np.pad(of_A(dZ, s), ((0, 0), (f - 1, f - 1), (f - 1, f - 1), (0, 0)))
    dA = cnn.conv2d(D, W[::-1, ::-1].transpose(0, 1, 3, 2))
    if fill:  # the pixels that no window reaches
        more = [wide - got for wide, got in zip(padded.shape[1:3], dA.shape[1:3], strict=True)]
        dA = np.pad(dA, ((0, 0), (0, more[0]), (0, more[1]), (0, 0)))
    dW = cnn.conv2d(padded.transpose(3, 1, 2, 0), of_W(dZ, s).transpose(1, 2, 0, 3))
    dW = dW.transpose(1, 2, 0, 3)
    dW = dW[:f, :f] if of_W is dilated else dW
    return dA[:, p : p + n_H, p : p + n_W], dW, dZ.sum(axis=(0, 1, 2))


@right(ex.check_conv_backward)
def the_two_convolutions(dZ, A, W, s, p):
    return by_convolutions(dZ, A, W, s, p)


def with_loops(
    dZ, A, W, s, p, *, jump=None, add=True, of_image=lambda W: W, crop=lambda d, p, A: d
):
    """The loops, for mistakes that are made in one place of them."""
    f, jump = len(W), jump or s
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    d_padded, dW = np.zeros(padded.shape), np.zeros(W.shape)
    for e, x, y, n in np.ndindex(dZ.shape):
        here = np.s_[e, x * jump : x * jump + f, y * jump : y * jump + f]
        sent = dZ[e, x, y, n] * of_image(W)[..., n]
        d_padded[here] = d_padded[here] + sent if add else sent
        dW[..., n] += dZ[e, x, y, n] * padded[here]
    return crop(d_padded, p, A), dW, dZ.sum(axis=(0, 1, 2))


def inside(d_padded, p, A):
    return d_padded[:, p : p + A.shape[1], p : p + A.shape[2]]


@wrong(ex.check_conv_backward, "stride forgotten")
def windows_begin_at_h_and_w(dZ, A, W, s, p):
    # https://github.com/Kulbear/deep-learning-coursera/pull/34: the stride missing in conv_backward
    return with_loops(dZ, A, W, s, p, jump=1, crop=inside)


@wrong(ex.check_conv_backward, "stride forgotten")
def stride_in_dw_only(dZ, A, W, s, p):
    _, dW, db = with_loops(dZ, A, W, s, p, crop=inside)
    dA, _, _ = with_loops(dZ, A, W, s, p, jump=1, crop=inside)
    return dA, dW, db


@wrong(ex.check_conv_backward, "stride forgotten")
def stride_in_da_only(dZ, A, W, s, p):
    dA, _, db = with_loops(dZ, A, W, s, p, crop=inside)
    _, dW, _ = with_loops(dZ, A, W, s, p, jump=1, crop=inside)
    return dA, dW, db


def formula_without_dilation(dZ, W, p):
    q = len(W) - 1 - p  # "full" padding, less that of the image
    wide = np.pad(dZ, ((0, 0), (q, q), (q, q), (0, 0)))
    return cnn.conv2d(wide, W[::-1, ::-1].transpose(0, 1, 3, 2))


@wrong(ex.check_conv_backward, "dilation forgotten")
def convolves_dz_as_it_is(dZ, A, W, s, p):
    _, dW, db = with_loops(dZ, A, W, s, p, crop=inside)
    return formula_without_dilation(dZ, W, p), dW, db


@wrong(ex.check_conv_backward, "dilation forgotten")
def convolves_with_dz_as_it_is(dZ, A, W, s, p):
    return by_convolutions(dZ, A, W, s, p, of_W=lambda dZ, s: dZ)


@wrong(ex.check_conv_backward, "dilation forgotten")
def both_formulas_of_stride_1(dZ, A, W, s, p):
    _, dW, db = by_convolutions(dZ, A, W, s, p, of_W=lambda dZ, s: dZ)
    return formula_without_dilation(dZ, W, p), dW, db


@wrong(ex.check_conv_backward, "gradient not summed over the batch")
def zeros_inside_the_loop(dZ, A, W, s, p):
    f, padded = W.shape[0], np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    d_padded = np.zeros(padded.shape)
    for e in range(len(A)):
        dW, db = np.zeros(W.shape), np.zeros(W.shape[3])
        for x, y, n in np.ndindex(dZ.shape[1:]):
            here = np.s_[e, x * s : x * s + f, y * s : y * s + f]
            d_padded[here] += dZ[e, x, y, n] * W[..., n]
            dW[..., n] += dZ[e, x, y, n] * padded[here]
            db[n] += dZ[e, x, y, n]
    return inside(d_padded, p, A), dW, db


@wrong(ex.check_conv_backward, "gradient not summed over the batch")
def weights_of_the_last_image(dZ, A, W, s, p):
    dA, _, db = with_loops(dZ, A, W, s, p, crop=inside)
    for one, image in zip(dZ, A, strict=True):
        dW = with_loops(one[None], image[None], W, s, p)[1]
    return dA, dW, db


@wrong(ex.check_conv_backward, "gradient not summed over the batch")
def bias_of_the_last_image(dZ, A, W, s, p):
    dA, dW, _ = with_loops(dZ, A, W, s, p, crop=inside)
    for one in dZ:
        db = one.sum(axis=(0, 1))
    return dA, dW, db


@wrong(ex.check_conv_backward, "gradient not summed over the batch")
def a_bias_for_each_image(dZ, A, W, s, p):
    dA, dW, _ = with_loops(dZ, A, W, s, p, crop=inside)
    return dA, dW, np.array([one.sum(axis=0).sum(axis=0) for one in dZ])


@wrong(ex.check_conv_backward, "mean over the batch")
def divides_by_m_again(dZ, A, W, s, p):
    dA, dW, db = with_loops(dZ, A, W, s, p, crop=inside)
    return dA, dW / A.shape[0], db / A.shape[0]


@wrong(ex.check_conv_backward, "mean over the batch")
def divides_dw_by_m(dZ, A, W, s, p):
    dA, dW, db = with_loops(dZ, A, W, s, p, crop=inside)
    return dA, dW / A.shape[0], db


@wrong(ex.check_conv_backward, "mean for sum")
def mean_of_dz(dZ, A, W, s, p):
    dA, dW, _ = with_loops(dZ, A, W, s, p, crop=inside)
    return dA, dW, np.mean(dZ, axis=(0, 1, 2))


@wrong(ex.check_conv_backward, "wrong axis")
def bias_of_four_axes(dZ, A, W, s, p):
    dA, dW, _ = with_loops(dZ, A, W, s, p, crop=inside)
    db = np.zeros((1, 1, 1, W.shape[3]))
    for e, x, y, n in np.ndindex(dZ.shape):
        db[:, :, :, n] += dZ[e, x, y, n]
    return dA, dW, db


@wrong(ex.check_conv_backward, "wrong axis")
def bias_as_in_a_dense_layer(dZ, A, W, s, p):
    dA, dW, _ = with_loops(dZ, A, W, s, p, crop=inside)
    return dA, dW, np.sum(dZ, axis=0)


@wrong(ex.check_conv_backward, "overwritten")
def assigns_the_windows(dZ, A, W, s, p):
    return with_loops(dZ, A, W, s, p, add=False, crop=inside)


@wrong(ex.check_conv_backward, "overwritten")
def assigns_dw(dZ, A, W, s, p):
    dA, dW, db = with_loops(dZ, A, W, s, p, crop=inside)
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    for e, x, y, n in np.ndindex(dZ.shape):
        window = padded[e, x * s : x * s + len(W), y * s : y * s + len(W)]
        dW[:, :, :, n] = dZ[e, x, y, n] * window
    return dA, dW, db


@wrong(ex.check_conv_backward, "cut on one side only")
def cuts_to_the_shape_of_a(dZ, A, W, s, p):
    n_H, n_W = A.shape[1:3]
    return with_loops(dZ, A, W, s, p, crop=lambda d, p, A: d[:, :n_H, :n_W])


@wrong(ex.check_conv_backward, "padding not cut off")
def with_its_border(dZ, A, W, s, p):
    return with_loops(dZ, A, W, s, p)


@wrong(ex.check_conv_backward, "everything cut off")
def from_p_to_minus_p(dZ, A, W, s, p):
    # the cut of the best known course: its layers have pad = 2
    return with_loops(dZ, A, W, s, p, crop=lambda d, p, A: d[:, p:-p, p:-p, :])


@wrong(ex.check_conv_backward, "padding forgotten")
def windows_on_the_bare_image(dZ, A, W, s, p):
    # https://github.com/AdalbertoCq/Deep-Learning-Specialization-Coursera/issues/2
    f, dA, dW = len(W), np.zeros(A.shape), np.zeros(W.shape)
    for e, x, y, n in np.ndindex(dZ.shape):
        here = np.s_[e, x * s : x * s + f, y * s : y * s + f]
        dA[here] += dZ[e, x, y, n] * W[..., n]
        dW[..., n] += dZ[e, x, y, n] * A[here]
    return dA, dW, dZ.sum(axis=(0, 1, 2))


@wrong(ex.check_conv_backward, "flipped kernel")
def flips_in_the_loops(dZ, A, W, s, p):
    return with_loops(dZ, A, W, s, p, of_image=lambda W: W[::-1, ::-1], crop=inside)


@wrong(ex.check_conv_backward, "left-over pixels lost")
def as_far_as_the_windows_go(dZ, A, W, s, p):
    # https://github.com/PKUFlyingPig/CMU10-714/issues/6: sizes that the stride does not divide
    f = len(W)
    n_H, n_W = ((n - 1) * s + f for n in dZ.shape[1:3])
    d_padded = np.zeros((len(A), n_H, n_W, A.shape[3]))
    for x, y in np.ndindex(dZ.shape[1:3]):
        sent = np.tensordot(dZ[:, x, y], W, axes=([1], [3]))
        d_padded[:, x * s : x * s + f, y * s : y * s + f] += sent
    _, dW, db = with_loops(dZ, A, W, s, p)
    return d_padded[:, p : n_H - p, p : n_W - p], dW, db


@wrong(ex.check_conv_backward, "left-over pixels lost")
def convolves_and_fills_nothing(dZ, A, W, s, p):
    return by_convolutions(dZ, A, W, s, p, fill=False)


@wrong(ex.check_conv_backward, "square assumed")
def rows_for_columns(dZ, A, W, s, p):
    # https://github.com/renmengye/np-conv2d/pull/2: the output's height where its width belongs
    f, padded = len(W), np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    d_padded, dW, db = np.zeros(padded.shape), np.zeros(W.shape), np.zeros(W.shape[3])
    for e in range(len(dZ)):
        for x in range(dZ.shape[1]):
            for y in range(dZ.shape[1]):
                for n in range(dZ.shape[3]):
                    here = np.s_[e, x * s : x * s + f, y * s : y * s + f]
                    d_padded[here] += dZ[e, x, y, n] * W[..., n]
                    dW[..., n] += dZ[e, x, y, n] * padded[here]
                    db[n] += dZ[e, x, y, n]
    return inside(d_padded, p, A), dW, db


@wrong(ex.check_conv_backward, "order of the results")
def weights_first(dZ, A, W, s, p):
    dA, dW, db = with_loops(dZ, A, W, s, p, crop=inside)
    return dW, dA, db


@wrong(ex.check_conv_backward, "order of the results")
def weights_bias_image(dZ, A, W, s, p):
    dA, dW, db = with_loops(dZ, A, W, s, p, crop=inside)
    return dW, db, dA


@wrong(ex.check_conv_backward, "integers")
def zeros_like_the_padded_integers(dZ, A, W, s, p):
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    d_padded, dW = np.zeros_like(padded), np.zeros(W.shape)
    for e, x, y, n in np.ndindex(dZ.shape):
        here = np.s_[e, x * s : x * s + len(W), y * s : y * s + len(W)]
        d_padded[here] += dZ[e, x, y, n] * W[..., n]
        dW[..., n] += dZ[e, x, y, n] * padded[here]
    return inside(d_padded, p, A), dW, dZ.sum(axis=(0, 1, 2))


@wrong(ex.check_conv_backward, None)
def adds_one_by_one_to_integers(dZ, A, W, s, p):
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    d_padded = np.zeros_like(padded)
    for e, x, y, n in np.ndindex(dZ.shape):
        for i, j, k in np.ndindex(W.shape[:3]):
            d_padded[e, x * s + i, y * s + j, k] += dZ[e, x, y, n] * W[i, j, k, n]
    _, dW, db = with_loops(dZ, A, W, s, p)
    return inside(d_padded, p, A), dW, db


@wrong(ex.check_conv_backward, "library used")
def lets_the_library_go_back(dZ, A, W, s, p):
    return cnn.conv2d_backward(dZ, A, W, s, p)


@wrong(ex.check_conv_backward, "no such result")
def forgets_the_bias(dZ, A, W, s, p):
    return with_loops(dZ, A, W, s, p, crop=inside)[:2]


# ---- find the bug --------------------------------------------------------------------------------
answers(
    ex.check_guilty,
    [
        {"Ben", "Cleo", "Eve", "Finn"},
        ["Finn", "Ben", "Eve", "Cleo"],
        ("Ben", "Cleo", "Eve", "Finn"),
    ],
    [
        ("ones as dZ", {"Cleo", "Eve", "Finn"}),
        ("symmetric kernel", {"Ben", "Eve", "Finn"}),
        ("sizes that divide", {"Ben", "Cleo", "Finn"}),
        ("one image", ["Ben", "Cleo", "Eve"]),
        ("too strict", {"Ben", "Cleo", "Dan", "Eve", "Finn"}),
        ("everybody", {"Ada", "Ben", "Cleo", "Dan", "Eve", "Finn"}),
        ("the innocent", {"Ada", "Dan"}),
        (None, {"Ben"}),
        ("not written", set()),
        ("not written", []),
        (None, {"Ben", "Cleo", "Eve", "Zoe"}),
        ("no such result", "Ben"),
    ],
)


# ---- momentum_step -------------------------------------------------------------------------------
@right(ex.check_momentum_step)
def two_lines(theta, v, g, eta, mu):
    v = mu * v + g
    return theta - eta * v, v


@right(ex.check_momentum_step)
def entry_by_entry(theta, v, g, eta, mu):
    theta, v = theta.copy(), v.copy()
    for i in np.ndindex(theta.shape):
        v[i] = v[i] * mu + g[i]
        theta[i] -= v[i] * eta
    return [theta, v]


@right(ex.check_momentum_step)
def on_copies(theta, v, g, eta, mu):
    theta, v = theta.astype(np.float32), v.astype(np.float32)
    v *= mu
    v += g.astype(np.float32)
    theta -= eta * v
    return theta, v


@wrong(ex.check_momentum_step, "old speed used")
def moves_first(theta, v, g, eta, mu):
    theta = theta - eta * v
    v = mu * v + g
    return theta, v


@wrong(ex.check_momentum_step, "speed not returned")
def keeps_v_to_itself(theta, v, g, eta, mu):
    new = mu * v + g
    return theta - eta * new, v


@wrong(ex.check_momentum_step, "no momentum")
def moves_by_g(theta, v, g, eta, mu):
    v = mu * v + g
    theta = theta - eta * g
    return theta, v


@wrong(ex.check_momentum_step, "speed forgotten")
def v_is_g(theta, v, g, eta, mu):
    v = g.copy()
    return theta - eta * v, v


@wrong(ex.check_momentum_step, "Nesterov")
def looks_ahead(theta, v, g, eta, mu):
    v = mu * v + g
    return theta - eta * (g + mu * v), v


@wrong(ex.check_momentum_step, "running mean")
def weights_the_gradient(theta, v, g, eta, mu):
    v = mu * v + (1 - mu) * g
    return theta - eta * v, v


@wrong(ex.check_momentum_step, "learning rate inside v")
def eta_in_the_speed(theta, v, g, eta, mu):
    v = mu * v + eta * g
    return theta - v, v


@wrong(ex.check_momentum_step, "learning rate inside v")
def minus_eta_in_the_speed(theta, v, g, eta, mu):
    # v = mu * v - learning_rate * dx; x += v: another course's convention
    v = mu * v - eta * g
    return theta + v, v


@wrong(ex.check_momentum_step, "uphill")
def adds_the_step(theta, v, g, eta, mu):
    v = mu * v + g
    return theta + eta * v, v


@wrong(ex.check_momentum_step, "minus inside v")
def speed_points_downhill(theta, v, g, eta, mu):
    v = mu * v - g
    return theta + eta * v, v


@wrong(ex.check_momentum_step, "uphill")
def minus_twice(theta, v, g, eta, mu):
    v = mu * v - g
    theta = theta - eta * v
    return theta, v


@wrong(ex.check_momentum_step, "sign of the momentum")
def brakes(theta, v, g, eta, mu):
    v = g - mu * v
    theta = theta - eta * v
    return theta, v


@wrong(ex.check_momentum_step, "mu at the gradient")
def never_forgets(theta, v, g, eta, mu):
    v = v + mu * g
    return theta - eta * v, v


@wrong(ex.check_momentum_step, "mu at the gradient")
def both_fade(theta, v, g, eta, mu):
    v = mu * (v + g)
    return theta - eta * v, v


@wrong(ex.check_momentum_step, "learning rate forgotten")
def steps_by_v(theta, v, g, eta, mu):
    v = mu * v + g
    return theta - v, v


@wrong(ex.check_momentum_step, "order of the results")
def v_before_theta(theta, v, g, eta, mu):
    theta, v = two_lines(theta, v, g, eta, mu)
    return v, theta


@wrong(ex.check_momentum_step, "argument changed")
def in_place(theta, v, g, eta, mu):
    v *= mu
    v += g
    theta -= eta * v
    return theta, v


@wrong(ex.check_momentum_step, "no such result")
def theta_only(theta, v, g, eta, mu):
    return theta - eta * (mu * v + g)


# ---- prepare -------------------------------------------------------------------------------------
def positions(y, share, order):
    train, dev = [], []
    for c in sorted(set(y.tolist())):
        of_class = [i for i in order.tolist() if y[i] == c]
        k = int(share * len(of_class))
        dev += of_class[:k]
        train += of_class[k:]
    return train, dev


def flipped(X):
    return X[:, :, ::-1]


@right(ex.check_prepare)
def split_then_mirror(X, y, share, order):
    train, dev = positions(y, share, order)
    T, D = X[train], X[dev]
    T, labels = np.concatenate([T, flipped(T)]), np.concatenate([y[train], y[train]])
    mean = T.mean()
    return T - mean, labels, D - mean, y[dev]


@right(ex.check_prepare)
def one_pass_with_a_counter(X, y, share, order):
    room = {c: int(share * np.sum(y == c)) for c in y.tolist()}
    T, t, D, d = [], [], [], []
    for i in order:
        c = int(y[i])
        if room[c]:
            room[c] -= 1
            D.append(X[i])
            d.append(c)
        else:
            T += [X[i], X[i][:, ::-1]]
            t += [c, c]
    mean = np.mean(T, dtype=np.float32)
    return np.array(T, np.float32) - mean, t, np.array(D, np.float32) - mean, d


@right(ex.check_prepare)
def shuffled_and_as_lists(X, y, share, order):
    T, t, D, d = split_then_mirror(X, y, share, order)
    return [T[::-1].tolist(), t[::-1].tolist(), D.tolist(), d.tolist()]


@wrong(ex.check_prepare, "augmentation before the split")
def mirrors_everything_first(X, y, share, order):
    m = len(X)
    X, y = np.concatenate([X, flipped(X)]), np.concatenate([y, y])
    train, dev = positions(y, share, np.concatenate([order, order + m]))
    mean = X[train].mean()
    return X[train] - mean, y[train], X[dev] - mean, y[dev]


@wrong(ex.check_prepare, "augmentation before the split")
def mirror_images_all_go_to_train(X, y, share, order):
    mirror = flipped(X)
    train, dev = positions(y, share, order)
    T, labels = np.concatenate([X[train], mirror]), np.concatenate([y[train], y])
    return T - T.mean(), labels, X[dev] - T.mean(), y[dev]


@wrong(ex.check_prepare, "dev set augmented")
def mirrors_both_sets(X, y, share, order):
    train, dev = positions(y, share, order)
    T, D = (np.concatenate([X[part], flipped(X[part])]) for part in (train, dev))
    t, d = (np.concatenate([y[part], y[part]]) for part in (train, dev))
    return T - T.mean(), t, D - T.mean(), d


@wrong(ex.check_prepare, "not stratified")
def first_of_all(X, y, share, order):
    k = int(share * len(X))
    dev, train = order[:k], order[k:]
    T = np.concatenate([X[train], flipped(X[train])])
    return T - T.mean(), np.concatenate([y[train], y[train]]), X[dev] - T.mean(), y[dev]


@wrong(ex.check_prepare, "mean of everything")
def centres_before_the_split(X, y, share, order):
    X = X - X.mean()
    train, dev = positions(y, share, order)
    T = np.concatenate([X[train], flipped(X[train])])
    return T, np.concatenate([y[train], y[train]]), X[dev], y[dev]


@wrong(ex.check_prepare, "two means")
def centres_each_set(X, y, share, order):
    T, t, D, d = split_then_mirror(X, y, share, order)
    return T - T.mean(), t, D - D.mean(), d


@wrong(ex.check_prepare, "dev set forgotten")
def leaves_the_dev_set_raw(X, y, share, order):
    T, t, _, d = split_then_mirror(X, y, share, order)
    return T, t, X[positions(y, share, order)[1]], d


@wrong(ex.check_prepare, "mean over the wrong axis")
def mean_image(X, y, share, order):
    train, dev = positions(y, share, order)
    T = np.concatenate([X[train], flipped(X[train])])
    mean = np.mean(T, axis=0)
    return T - mean, np.concatenate([y[train], y[train]]), X[dev] - mean, y[dev]


@wrong(ex.check_prepare, "mean over the wrong axis")
def mean_image_before_the_mirror(X, y, share, order):
    train, dev = positions(y, share, order)
    mean = X[train].mean(0)
    T = X[train] - mean
    T, labels = np.concatenate([T, flipped(T)]), np.concatenate([y[train], y[train]])
    return T, labels, X[dev] - mean, y[dev]


@wrong(ex.check_prepare, "order ignored")
def as_they_stand(X, y, share, order):
    train, dev = [], []
    for c in np.unique(y):
        of_class = np.flatnonzero(y == c)
        k = int(share * len(of_class))
        dev.extend(of_class[:k])
        train.extend(of_class[k:])
    T = np.concatenate([X[train], flipped(X[train])])
    return T - T.mean(), np.concatenate([y[train], y[train]]), X[dev] - T.mean(), y[dev]


@wrong(ex.check_prepare, "dev set in the train set")
def trains_on_all(X, y, share, order):
    _, dev = positions(y, share, order)
    T = np.concatenate([X, flipped(X)])
    return T - T.mean(), np.concatenate([y, y]), X[dev] - T.mean(), y[dev]


@wrong(ex.check_prepare, "originals lost")
def replaces_by_the_mirror_image(X, y, share, order):
    train, dev = positions(y, share, order)
    T = flipped(X[train])
    return T - T.mean(), y[train], X[dev] - T.mean(), y[dev]


@wrong(ex.check_prepare, "upside down")
def flips_the_rows(X, y, share, order):
    train, dev = positions(y, share, order)
    T = np.concatenate([X[train], X[train][:, ::-1]])
    return T - T.mean(), np.concatenate([y[train], y[train]]), X[dev] - T.mean(), y[dev]


@wrong(ex.check_prepare, "upside down")
def turns_by_180_degrees(X, y, share, order):
    train, dev = positions(y, share, order)
    T = np.concatenate([X[train], np.flip(X[train], axis=(1, 2))])
    return T - T.mean(), np.concatenate([y[train], y[train]]), X[dev] - T.mean(), y[dev]


def with_sizes(X, y, share, order, size, classes=None):
    train, dev = [], []
    for c in np.unique(y) if classes is None else classes:
        members = order[y[order] == c]
        k = size(share * len(members))
        dev.extend(members[:k])
        train.extend(members[k:])
    T = np.concatenate([X[train], flipped(X[train])])
    return T - T.mean(), np.concatenate([y[train], y[train]]), X[dev] - T.mean(), y[dev]


@wrong(ex.check_prepare, "not rounded down")
def rounds(X, y, share, order):
    return with_sizes(X, y, share, order, round)


@wrong(ex.check_prepare, "not rounded down")
def rounds_up(X, y, share, order):
    return with_sizes(X, y, share, order, lambda k: int(np.ceil(k)))


@wrong(ex.check_prepare, "not rounded down")
def at_least_one_of_each_class(X, y, share, order):
    return with_sizes(X, y, share, order, lambda k: max(1, int(k)))


@wrong(ex.check_prepare, "classes assumed")
def classes_from_0_on(X, y, share, order):
    return with_sizes(X, y, share, order, int, classes=range(len(np.unique(y))))


@wrong(ex.check_prepare, "classes assumed")
def three_classes(X, y, share, order):
    return with_sizes(X, y, share, order, int, classes=range(3))


@wrong(ex.check_prepare, "classes assumed")
def ten_classes(X, y, share, order):
    return with_sizes(X, y, share, order, int, classes=range(10))


@wrong(ex.check_prepare, None)
def share_cut_off(X, y, share, order):
    return with_sizes(X, y, int(share), order, int)


@wrong(ex.check_prepare, None)
def four_numbers(X, y, share, order):
    return 1, 2, 3, 4


@wrong(ex.check_prepare, None)
def labels_of_the_dev_set_sorted(X, y, share, order):
    T, t, D, d = split_then_mirror(X, y, share, order)
    return T, t, D, np.sort(d)[::-1]


@wrong(ex.check_prepare, "sets swapped")
def a_share_to_train_on(X, y, share, order):
    dev, train = positions(y, share, order)
    T = np.concatenate([X[train], flipped(X[train])])
    return T - T.mean(), np.concatenate([y[train], y[train]]), X[dev] - T.mean(), y[dev]


@wrong(ex.check_prepare, "order and classes mixed up")
def asks_the_classes_as_they_stand(X, y, share, order):
    train, dev = [], []
    for c in np.unique(y):
        members = order[y == c]
        k = int(share * len(members))
        dev.extend(members[:k])
        train.extend(members[k:])
    T = np.concatenate([X[train], flipped(X[train])])
    return T - T.mean(), np.concatenate([y[train], y[train]]), X[dev] - T.mean(), y[dev]


@wrong(ex.check_prepare, "not centred")
def two_steps_of_three(X, y, share, order):
    train, dev = positions(y, share, order)
    T = np.concatenate([X[train], flipped(X[train])])
    return T, np.concatenate([y[train], y[train]]), X[dev], y[dev]


@wrong(ex.check_prepare, "not augmented")
def split_and_centre(X, y, share, order):
    train, dev = positions(y, share, order)
    return X[train] - X[train].mean(), y[train], X[dev] - X[train].mean(), y[dev]


@wrong(ex.check_prepare, "order of the results")
def dev_set_first(X, y, share, order):
    T, t, D, d = split_then_mirror(X, y, share, order)
    return D, d, T, t


@wrong(ex.check_prepare, "order of the results")
def images_then_labels(X, y, share, order):
    T, t, D, d = split_then_mirror(X, y, share, order)
    return T, D, t, d


@wrong(ex.check_prepare, "labels out of step")
def np_repeat(X, y, share, order):
    T, _, D, d = split_then_mirror(X, y, share, order)
    return T, np.repeat(y[positions(y, share, order)[0]], 2), D, d


@wrong(ex.check_prepare, "labels not repeated")
def forgets_the_labels(X, y, share, order):
    T, t, D, d = split_then_mirror(X, y, share, order)
    return T, t[: len(t) // 2], D, d


# ---- learning curves ---------------------------------------------------------------------------
_RUNS = ["rate too small", "over-fits", "healthy", "labels shuffled", "rate too large", "leak"]
answers(
    ex.check_diagnosis,
    [_RUNS, tuple(_RUNS)],
    [
        ("leak for over-fits", [_RUNS[0], "leak", *_RUNS[2:]]),
        ("healthy for leak", [*_RUNS[:5], "healthy"]),
        ("over-fits for labels shuffled", [*_RUNS[:3], "over-fits", *_RUNS[4:]]),
        ("labels shuffled for rate too small", ["labels shuffled", *_RUNS[1:]]),
        ("rate too large for healthy", [*_RUNS[:2], "rate too large", *_RUNS[3:]]),
        ("unknown word", ["fine", *_RUNS[1:]]),
        ("no such result", _RUNS[:5]),
        ("no such result", [1, 2, 3, 4, 5, 6]),
    ],
)
