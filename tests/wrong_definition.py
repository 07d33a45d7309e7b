"""Wrong and right solutions of the exercises of section 2: test_exercises.py hands them in.

The mistakes are those of real solutions, each written anew; a comment says where one was reported
(repository and number of the issue or pull request on GitHub).
"""

import math

import numpy as np

import cnnlib as cnn
from cnnlib import exercises as ex

WRONG, RIGHT = [], []


def wrong(check, mistake):
    """A wrong solution, and the name that the check must give to its mistake."""
    return lambda solution: WRONG.append((check, mistake, solution)) or solution


def right(check):
    return lambda solution: RIGHT.append((check, solution)) or solution


# ---- size --------------------------------------------------------------------------------------
def count(n, f, s, p):
    return len(range(0, n + 2 * p - f + 1, s))


RIGHT += [
    (ex.check_size, count),
    (ex.check_size, lambda n, f, s, p: math.floor((n + 2 * p - f) / s + 1)),
    (ex.check_size, lambda n, f, s, p: np.int64((n + 2 * p - f) // s + 1)),
]


@wrong(ex.check_size, "ceil for floor")
def rounds_up(n, f, s, p):
    return math.ceil((n - f + 2 * p) / s) + 1


@wrong(ex.check_size, "+1 forgotten")
def counts_steps(n, f, s, p):
    return int((n - f + 2 * p) / s)


@wrong(ex.check_size, "+1 inside the fraction")
def one_too_far_inside(n, f, s, p):
    return (n - f + 2 * p + 1) // s


@wrong(ex.check_size, "parentheses forgotten")
def divides_first(n, f, s, p):
    return n + 2 * p - f // s + 1


@wrong(ex.check_size, "padding once")
def one_side(n, f, s, p):
    return int((n - f + p) / s) + 1


@wrong(ex.check_size, "padding forgotten")
def no_padding(n, f, s, p):
    return int((n - f) / s) + 1


@wrong(ex.check_size, "stride forgotten")
def no_stride(n, f, s, p):
    return n - f + 2 * p + 1


@wrong(ex.check_size, "rounded")
def rounds(n, f, s, p):
    return round((n - f + 2 * p) / s) + 1


@wrong(ex.check_size, "same assumed")
def stays(n, f, s, p):
    return n


@wrong(ex.check_size, "a float")
def floors_to_a_float(n, f, s, p):
    return np.floor((n - f + 2 * p) / s) + 1


@wrong(ex.check_size, "a fraction")
def divides(n, f, s, p):
    return (n - f + 2 * p) / s + 1


@wrong(ex.check_size, None)
def side_by_side_beyond_f(n, f, s, p):
    return count(n, f, s, p) if s <= f else n // s


@wrong(ex.check_size, None)
def no_more_padding_than_window(n, f, s, p):
    return count(n, f, s, p) if p < f else (n - f) // s + 1


@wrong(ex.check_size, "library used")
def asks_the_library(n, f, s, p):
    return cnn.output_size(n, f, s, p)


# ---- input_row ---------------------------------------------------------------------------------
@right(ex.check_input_row)
def from_the_window(x, i, s, p):
    first = s * x - p
    return first + i


@wrong(ex.check_input_row, "stride forgotten in the index")
def as_if_s_were_1(x, i, s, p):
    return x + i - p


@wrong(ex.check_input_row, "padding forgotten")
def in_the_padded_image(x, i, s, p):
    return x * s + i


@wrong(ex.check_input_row, "padding added")
def wrong_way(x, i, s, p):
    return x * s + i + p


@wrong(ex.check_input_row, "stride times the weight")
def all_times_s(x, i, s, p):
    return s * (x + i) - p


@wrong(ex.check_input_row, "stride times the padding")
def padding_in_strides(x, i, s, p):
    return s * (x - p) + i


@wrong(ex.check_input_row, "weight forgotten")
def begin_only(x, i, s, p):
    return s * x - p


@wrong(ex.check_input_row, "counted from 1")
def as_in_the_formula(x, i, s, p):
    return s * (x - 1) + i - p


@wrong(ex.check_input_row, "kernel flipped")
def backwards(x, i, s, p):
    return s * x - i - p


# ---- pad ---------------------------------------------------------------------------------------
@right(ex.check_pad)
def into_the_middle(I, p):
    n_H, n_W = I.shape
    Z = np.zeros((n_H + 2 * p, n_W + 2 * p))
    Z[p : p + n_H, p : p + n_W] = I
    return Z


@right(ex.check_pad)
def of_lists(I, p):
    rows = [[0] * p + row + [0] * p for row in I.tolist()]
    empty = [[0] * len(rows[0]) for _ in range(p)]
    return empty + rows + empty


@right(ex.check_pad)
def in_float32(I, p):
    side = np.zeros((len(I), p), np.float32)
    wide = np.hstack([side, I, side])
    above = np.zeros((p, wide.shape[1]), np.float32)
    return np.vstack([above, wide, above])


@wrong(ex.check_pad, "padding on one side")
def above_and_left(I, p):
    Z = np.zeros((I.shape[0] + p, I.shape[1] + p))
    Z[p:, p:] = I
    return Z


@wrong(ex.check_pad, "padding on one side")
def below_and_right(I, p):
    Z = np.zeros((I.shape[0] + p, I.shape[1] + p))
    Z[: I.shape[0], : I.shape[1]] = I
    return Z


@wrong(ex.check_pad, "image in the corner")
def copied_to_the_corner(I, p):
    Z = np.zeros((I.shape[0] + 2 * p, I.shape[1] + 2 * p))
    Z[: I.shape[0], : I.shape[1]] = I
    return Z


@wrong(ex.check_pad, "rows only")
def above_and_below(I, p):
    zeros = np.zeros((p, I.shape[1]))
    return np.concatenate([zeros, I, zeros])


@wrong(ex.check_pad, "columns only")
def left_and_right(I, p):
    zeros = np.zeros((I.shape[0], p))
    return np.concatenate([zeros, I, zeros], axis=1)


@wrong(ex.check_pad, "always one")
def one_all_around(I, p):
    Z = np.zeros((I.shape[0] + 2, I.shape[1] + 2))
    Z[1:-1, 1:-1] = I
    return Z


@wrong(ex.check_pad, "twice as many")
def twice(I, p):
    return into_the_middle(I, 2 * p)


@wrong(ex.check_pad, "edge repeated")
def repeats(I, p):
    rows = np.clip(np.arange(-p, I.shape[0] + p), 0, I.shape[0] - 1)
    columns = np.clip(np.arange(-p, I.shape[1] + p), 0, I.shape[1] - 1)
    return I[rows][:, columns]


@wrong(ex.check_pad, "ones for zeros")
def with_ones(I, p):
    Z = np.ones((I.shape[0] + 2 * p, I.shape[1] + 2 * p))
    Z[p : p + I.shape[0], p : p + I.shape[1]] = I
    return Z


@wrong(ex.check_pad, "unfilled")
def forgets_the_image(I, p):
    return np.zeros((I.shape[0] + 2 * p, I.shape[1] + 2 * p))


@wrong(ex.check_pad, "−p is 0 for p = 0")
def to_minus_p(I, p):
    Z = np.zeros((I.shape[0] + 2 * p, I.shape[1] + 2 * p))
    Z[p:-p, p:-p] = I
    return Z


# ---- conv2d ------------------------------------------------------------------------------------
def zeros_around(A, p):
    m, n_H, n_W, n_C = A.shape
    padded = np.zeros((m, n_H + 2 * p, n_W + 2 * p, n_C))
    padded[:, p : p + n_H, p : p + n_W] = A
    return padded


def empty_result(A, W, s, p, size=count):
    return np.zeros(
        (len(A), size(A.shape[1], len(W), s, p), size(A.shape[2], W.shape[1], s, p), W.shape[3])
    )


@right(ex.check_conv2d)
def five_loops(A, W, b, s, p):
    Z, padded = empty_result(A, W, s, p), zeros_around(A, p)
    f_H, f_W, _, n_C = W.shape
    for image in range(Z.shape[0]):
        for x in range(Z.shape[1]):
            for y in range(Z.shape[2]):
                for n in range(n_C):
                    window = padded[image, x * s : x * s + f_H, y * s : y * s + f_W, :]
                    Z[image, x, y, n] = np.sum(window * W[..., n]) + b[n]
    return Z


@right(ex.check_conv2d)
def over_the_taps(A, W, b, s, p):
    Z, padded = empty_result(A, W, s, p), zeros_around(A, p)
    _, n_H, n_W, _ = Z.shape
    for i, j in np.ndindex(W.shape[:2]):
        taps = padded[:, i : i + s * (n_H - 1) + 1 : s, j : j + s * (n_W - 1) + 1 : s]
        Z += taps @ W[i, j]
    return Z + b


@right(ex.check_conv2d)
def im2col_in_float32(A, W, b, s, p):
    padded = zeros_around(A, p).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(padded, W.shape[:2], axis=(1, 2))
    return np.einsum("mxykij,ijkn->mxyn", windows[:, ::s, ::s], W.astype(np.float32)) + b


@right(ex.check_conv2d)
def nested_lists(A, W, b, s, p):
    return five_loops(A, W, b, s, p).tolist()


@wrong(ex.check_conv2d, "stride forgotten in the index")
def at_x(A, W, b, s, p):
    # JudasDie/deeplearning.ai 12: "vert_start should be h * stride"
    Z, padded = empty_result(A, W, s, p), zeros_around(A, p)
    f_H, f_W = W.shape[:2]
    for m, x, y, n in np.ndindex(Z.shape):
        Z[m, x, y, n] = np.sum(padded[m, x : x + f_H, y : y + f_W] * W[..., n]) + b[n]
    return Z


@wrong(ex.check_conv2d, "bias once per tap")
def bias_inside(A, W, b, s, p):
    # Kulbear/deep-learning-coursera 32, 45, 48; eplt/Deep-Learning-Coursera-Complete 1
    Z, padded = empty_result(A, W, s, p), zeros_around(A, p)
    f_H, f_W = W.shape[:2]
    for m, x, y, n in np.ndindex(Z.shape):
        window = padded[m, x * s : x * s + f_H, y * s : y * s + f_W]
        Z[m, x, y, n] = np.sum(np.multiply(window, W[..., n]) + b[n])
    return Z


@wrong(ex.check_conv2d, "flipped kernel")
def strict(A, W, b, s, p):
    return five_loops(A, np.flip(W, axis=(0, 1)), b, s, p)


@wrong(ex.check_conv2d, "bias forgotten")
def no_bias(A, W, b, s, p):
    # deepakcrk/CNN_ForDummies 9: "Currently Bias value is not added"
    return five_loops(A, W, np.zeros(W.shape[3]), s, p)


@wrong(ex.check_conv2d, "padding ignored")
def unpadded(A, W, b, s, p):
    return over_the_taps(A, W, b, s, 0)


@wrong(ex.check_conv2d, "stride ignored")
def every_position(A, W, b, s, p):
    return over_the_taps(A, W, b, 1, p)


@wrong(ex.check_conv2d, "stride on rows only")
def columns_by_one(A, W, b, s, p):
    padded = zeros_around(A, p)
    xs = range(0, padded.shape[1] - W.shape[0] + 1, s)
    ys = range(0, padded.shape[2] - W.shape[1] + 1)
    Z = np.zeros((len(A), len(xs), len(ys), W.shape[3]))
    for (r, x), (c, y) in ((u, v) for u in enumerate(xs) for v in enumerate(ys)):
        window = padded[:, x : x + W.shape[0], y : y + W.shape[1]]
        Z[:, r, c] = np.tensordot(window, W, 3) + b
    return Z


@wrong(ex.check_conv2d, "padding on one side")
def padded_before(A, W, b, s, p):
    m, n_H, n_W, n_C = A.shape
    padded = np.zeros((m, n_H + p, n_W + p, n_C))
    padded[:, p:, p:] = A
    return five_loops(padded, W, b, s, 0)


@wrong(ex.check_conv2d, "padding on one side")
def padded_behind(A, W, b, s, p):
    m, n_H, n_W, n_C = A.shape
    padded = np.zeros((m, n_H + 2 * p, n_W + 2 * p, n_C))
    padded[:, :n_H, :n_W] = A
    return five_loops(padded, W, b, s, 0)


@wrong(ex.check_conv2d, "channels not summed")
def channel_by_channel(A, W, b, s, p):
    for k in range(A.shape[3]):
        Z = five_loops(A[..., k : k + 1], W[:, :, k : k + 1], b, s, p)
    return Z


@wrong(ex.check_conv2d, "channels not summed")
def first_channel(A, W, b, s, p):
    return five_loops(A[:, :, :, [0]], W[:, :, [0]], b, s, p)


@wrong(ex.check_conv2d, "mean over the channels")
def averages_channels(A, W, b, s, p):
    return (five_loops(A, W, 0 * b, s, p)) / A.shape[3] + b


@wrong(ex.check_conv2d, "H and W swapped")
def taps_swapped(A, W, b, s, p):
    return five_loops(A, np.swapaxes(W, 0, 1), b, s, p)


@wrong(ex.check_conv2d, "H and W swapped")
def result_swapped(A, W, b, s, p):
    return np.swapaxes(five_loops(A, W, b, s, p), 1, 2)


@wrong(ex.check_conv2d, "channels first")
def as_pytorch_has_it(A, W, b, s, p):
    return np.moveaxis(five_loops(A, W, b, s, p), -1, 1)


@wrong(ex.check_conv2d, "ceil for floor")
def one_more_window(A, W, b, s, p):
    Z = empty_result(A, W, s, p, rounds_up)
    padded = zeros_around(A, p + s)[:, s:, s:]
    f_H, f_W = W.shape[:2]
    for m, x, y, n in np.ndindex(Z.shape):
        window = padded[m, x * s : x * s + f_H, y * s : y * s + f_W]
        Z[m, x, y, n] = np.sum(window * W[..., n]) + b[n]
    return Z


@wrong(ex.check_conv2d, "same assumed")
def own_padding(A, W, b, s, p):
    p = (W.shape[0] - 1) // 2
    return five_loops(A, W, b, s, p)


@wrong(ex.check_conv2d, "first image only")
def returns_too_early(A, W, b, s, p):
    Z = empty_result(A, W, s, p)
    for image in range(len(A)):
        Z[image] = five_loops(A[image : image + 1], W, b, s, p)
        return Z
    return None


@wrong(ex.check_conv2d, "first filter only")
def one_filter(A, W, b, s, p):
    return np.concatenate([five_loops(A, W[..., :1], b[n : n + 1], s, p) for n in range(len(b))], 3)


@wrong(ex.check_conv2d, "one bias for all")
def the_first_bias(A, W, b, s, p):
    return five_loops(A, W, 0 * b, s, p) + b[0]


@wrong(ex.check_conv2d, "padded twice")
def measures_the_padded_images(A, W, b, s, p):
    return five_loops(zeros_around(A, p), W, b, s, p)


@wrong(ex.check_conv2d, "padding missing in the size")
def too_small_a_result(A, W, b, s, p):
    Z, padded = empty_result(A, W, s, 0), zeros_around(A, p)
    f_H, f_W = W.shape[:2]
    for m, x, y, n in np.ndindex(Z.shape):
        window = padded[m, x * s : x * s + f_H, y * s : y * s + f_W]
        Z[m, x, y, n] = np.sum(window * W[..., n]) + b[n]
    return Z


@wrong(ex.check_conv2d, "square assumed")
def square_images(A, W, b, s, p):
    Z, padded, f = empty_result(A[:, :, [0] * A.shape[1]], W, s, p), zeros_around(A, p), len(W)
    for m, x, y, n in np.ndindex(Z.shape):
        window = padded[m, x * s : x * s + f, y * s : y * s + f]
        Z[m, x, y, n] = np.sum(window * W[..., n]) + b[n]
    return Z


@wrong(ex.check_conv2d, "square assumed")
def square_images_other_filters(A, W, b, s, p):
    Z, padded = empty_result(A[:, :, [0] * A.shape[1]], W, s, p), zeros_around(A, p)
    f_H, f_W = W.shape[:2]
    for m, x, y, n in np.ndindex(Z.shape):
        window = padded[m, x * s : x * s + f_H, y * s : y * s + f_W]
        Z[m, x, y, n] = np.sum(window * W[..., n]) + b[n]
    return Z


@wrong(ex.check_conv2d, "square assumed")
def square_filters(A, W, b, s, p):
    Z, padded, f = empty_result(A, W, s, p), zeros_around(A, p), W.shape[0]
    for m, x, y, n in np.ndindex(Z.shape):
        window = padded[m, x * s : x * s + f, y * s : y * s + f]
        Z[m, x, y, n] = np.sum(window * W[..., n]) + b[n]
    return Z


@wrong(ex.check_conv2d, "square assumed")
def rows_with_f_W(A, W, b, s, p):
    (f_H, f_W), padded = W.shape[:2], zeros_around(A, p)
    n_H, n_W = count(A.shape[1], f_W, s, p), count(A.shape[2], f_W, s, p)
    Z = np.zeros((len(A), n_H, n_W, W.shape[3]))
    for x, y in np.ndindex(n_H, n_W):
        window = padded[:, x * s : x * s + f_H, y * s : y * s + f_W]
        Z[:, x, y] = np.tensordot(window, W, 3) + b
    return Z


@wrong(ex.check_conv2d, "square assumed")
def columns_with_f_H(A, W, b, s, p):
    (f_H, f_W), padded = W.shape[:2], zeros_around(A, p)
    n_H, n_W = count(A.shape[1], f_H, s, p), count(A.shape[2], f_H, s, p)
    Z = np.zeros((len(A), n_H, n_W, W.shape[3]))
    for x, y in np.ndindex(n_H, n_W):
        window = padded[:, x * s : x * s + f_H, y * s : y * s + f_W]
        Z[:, x, y] = np.tensordot(window, W, 3) + b
    return Z


@wrong(ex.check_conv2d, None)
def result_of_the_images_dtype(A, W, b, s, p):
    Z = np.zeros(empty_result(A, W, s, p).shape, dtype=A.dtype)
    Z[:] = over_the_taps(A, W, b, s, p)
    return Z


@wrong(ex.check_conv2d, "activation inside")
def rectified(A, W, b, s, p):
    # the article has ψ inside conv, and then once more
    return np.maximum(0, five_loops(A, W, b, s, p))


@wrong(ex.check_conv2d, "raises")
def unpadded_windows(A, W, b, s, p):
    # AdalbertoCq/Deep-Learning-Specialization-Coursera 2: the padded image is made, not used
    Z = empty_result(A, W, s, p)
    f_H, f_W = W.shape[:2]
    for m, x, y, n in np.ndindex(Z.shape):
        window = A[m, x * s : x * s + f_H, y * s : y * s + f_W]
        Z[m, x, y, n] = np.tensordot(window, W[..., n], 3) + b[n]
    return Z


@wrong(ex.check_conv2d, "argument changed")
def adds_the_bias_in_place(A, W, b, s, p):
    b += 0.5
    return five_loops(A, W, b, s, p)


@wrong(ex.check_conv2d, "library used")
def hands_it_on(A, W, b, s, p):
    return cnn.conv2d(A, W, b, stride=s, padding=p)


# ---- max_pool ----------------------------------------------------------------------------------
def pooled(A, f, s, p, reduce=np.max, border=-np.inf, step=None, size=count):
    m, n_H, n_W, n_C = A.shape
    padded = np.full((m, n_H + 2 * p + s, n_W + 2 * p + s, n_C), border)
    padded[:, p : p + n_H, p : p + n_W] = A
    step = s if step is None else step
    Z = np.zeros((m, size(n_H, f, s, p), size(n_W, f, s, p), n_C))
    for x, y in np.ndindex(Z.shape[1:3]):
        window = padded[:, x * step : x * step + f, y * step : y * step + f]
        Z[:, x, y] = reduce(window, axis=(1, 2))
    return Z


@right(ex.check_max_pool)
def by_windows(A, f, s, p):
    return pooled(A, f, s, p)


@right(ex.check_max_pool)
def by_comparing(A, f, s, p):
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)), constant_values=-1e9)
    n_H, n_W = count(A.shape[1], f, s, p), count(A.shape[2], f, s, p)
    Z = np.full((len(A), n_H, n_W, A.shape[3]), -1e9)
    for i, j in np.ndindex(f, f):
        Z = np.maximum(Z, padded[:, i::s, j::s][:, :n_H, :n_W])
    return Z


@right(ex.check_max_pool)
def lists(A, f, s, p):
    return pooled(A.astype(np.float32), f, s, p).tolist()


@wrong(ex.check_max_pool, "zeros for −∞")
def border_of_zeros(A, f, s, p):
    return pooled(A, f, s, p, border=0.0)


@wrong(ex.check_max_pool, "starts at 0")
def starts_at_0(A, f, s, p):
    return pooled(A, f, s, p, reduce=lambda window, axis: np.max(window, axis=axis, initial=0))


@wrong(ex.check_max_pool, "a number for −∞")
def border_of_minus_100(A, f, s, p):
    return pooled(A, f, s, p, border=-100.0)


@wrong(ex.check_max_pool, "a number for −∞")
def border_of_minus_1000(A, f, s, p):
    return pooled(A, f, s, p, border=-1000.0)


@wrong(ex.check_max_pool, "a number for −∞")
def starts_at_minus_100(A, f, s, p):
    Z = np.zeros(pooled(A, f, s, p).shape)
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)), constant_values=-np.inf)
    for m, x, y, n in np.ndindex(Z.shape):
        best = -100
        for i, j in np.ndindex(f, f):
            best = max(best, padded[m, x * s + i, y * s + j, n])
        Z[m, x, y, n] = best
    return Z


@wrong(ex.check_max_pool, None)
def border_of_minus_123(A, f, s, p):
    return pooled(A, f, s, p, border=-123.0)


@wrong(ex.check_max_pool, "stride forgotten in the index")
def window_at_x(A, f, s, p):
    return pooled(A, f, s, p, step=1)


@wrong(ex.check_max_pool, "stride = f assumed")
def windows_side_by_side(A, f, s, p):
    return pooled(A, f, f, p)


@wrong(ex.check_max_pool, "stride ignored")
def each_position(A, f, s, p):
    return pooled(A, f, 1, p)


@wrong(ex.check_max_pool, "average")
def averages(A, f, s, p):
    return pooled(A, f, s, p, reduce=np.mean, border=0.0)


@wrong(ex.check_max_pool, "across channels")
def one_map(A, f, s, p):
    return np.max(pooled(A, f, s, p), axis=-1, keepdims=True)


@wrong(ex.check_max_pool, "across channels")
def a_maximum_of_all(A, f, s, p):
    # np.max(window) of a window (f, f, n_C)
    Z = pooled(A, f, s, p)
    for m, x, y, n in np.ndindex(Z.shape):
        Z[m, x, y, n] = np.max(Z[m, x, y])
    return Z


@wrong(ex.check_max_pool, "across channels")
def one_number_for_all(A, f, s, p):
    return pooled(A, f, s, p, reduce=lambda window, axis: np.max(window))


@wrong(ex.check_max_pool, "across images")
def maximum_of_the_batch(A, f, s, p):
    return pooled(A, f, s, p, reduce=lambda window, axis: np.max(window, axis=(0, 1, 2)))


@wrong(ex.check_max_pool, "square assumed")
def square_maps(A, f, s, p):
    Z = np.zeros((len(A), *[count(A.shape[1], f, s, p)] * 2, A.shape[3]))
    m, n_H, n_W, n_C = A.shape
    padded = np.full((m, n_H + 2 * p, n_W + 2 * p, n_C), -np.inf)
    padded[:, p : p + n_H, p : p + n_W] = A
    for x, y in np.ndindex(Z.shape[1:3]):
        Z[:, x, y] = padded[:, x * s : x * s + f, y * s : y * s + f].max(axis=(1, 2))
    return Z


@wrong(ex.check_max_pool, "padding ignored")
def unpadded_pool(A, f, s, p):
    return pooled(A, f, s, 0)


@wrong(ex.check_max_pool, "ceil for floor")
def one_window_more(A, f, s, p):
    return pooled(A, f, s, p, size=rounds_up)


@wrong(ex.check_max_pool, "minimum")
def smallest(A, f, s, p):
    return pooled(A, f, s, p, reduce=np.min, border=np.inf)


@wrong(ex.check_max_pool, "first image only")
def one_image(A, f, s, p):
    Z = np.zeros_like(pooled(A, f, s, p))
    Z[0] = pooled(A, f, s, p)[0]
    return Z


# ---- answers -----------------------------------------------------------------------------------
QUESTIONS, _ = ex.size_drill(0)


def drill(size):
    return [size(*map(int, question)) for question in QUESTIONS]


PAIRS = [(0, 3), (1, 3), (5, 4), (6, 4)]
MIX = np.array([[1 / 3, 1], [1 / 3, -1], [1 / 3, 0]])
WRONG += [
    (ex.check_size_drill, "ceil for floor", drill(rounds_up)),
    (ex.check_size_drill, "+1 forgotten", drill(counts_steps)),
    (ex.check_size_drill, "padding once", drill(one_side)),
    (ex.check_size_drill, "padding forgotten", drill(no_padding)),
    (ex.check_size_drill, "stride forgotten", drill(no_stride)),
    (ex.check_size_drill, "rounded", drill(rounds)),
    (ex.check_size_drill, None, [*drill(count)[:-1], 99]),
    (ex.check_size_drill, "a fraction", drill(divides)),
    (ex.check_size_drill, None, drill(count)[:-1]),
    (ex.check_find_all, None, []),
    (ex.check_find_all, "must divide", [(0, 3)]),
    (ex.check_find_all, "pairs turned", [(s, p) for p, s in PAIRS]),
    (ex.check_find_all, "ceil for floor", [(0, 3), (3, 4), (4, 4)]),
    (ex.check_find_all, None, PAIRS[:3]),
    (ex.check_find_all, None, [*PAIRS, (2, 3)]),
    (ex.check_uses, "padding forgotten", [1, 1, 2, 1, 1, 0]),
    (ex.check_uses, "stride forgotten", [2, 3, 3, 3, 3, 2]),
    (ex.check_uses, "neither", [1, 2, 3, 3, 2, 1]),
    (ex.check_uses, "padding counted", [1, 1, 2, 1, 2, 1]),
    (ex.check_uses, "padding counted", [1, 1, 2, 1, 2, 1, 1, 0]),
    (ex.check_uses, "ceil for floor", [1, 2, 1, 2, 1, 2]),
    (ex.check_uses, None, [1, 1, 1, 2, 1, 1]),
    (ex.check_one_by_one, "a matrix", MIX),
    (ex.check_one_by_one, "axes swapped", MIX.T[np.newaxis, np.newaxis]),
    (ex.check_one_by_one, "reshaped for transposed", np.reshape(MIX.T, (1, 1, 3, 2))),
    (ex.check_one_by_one, "rounded", np.reshape([0.33, 1, 0.33, -1, 0.33, 0], (1, 1, 3, 2))),
    (ex.check_one_by_one, "wrong sign", (MIX * [1, -1]).reshape(1, 1, 3, 2)),
    (ex.check_one_by_one, "maps swapped", np.flip(MIX, 1).reshape(1, 1, 3, 2)),
    (ex.check_one_by_one, "sum for mean", np.reshape([[1, 1], [1, -1], [1, 0]], (1, 1, 3, 2))),
]
RIGHT += [
    (ex.check_size_drill, drill(count)),
    (ex.check_size_drill, np.array(drill(count))),
    (ex.check_size_drill, [float(size) for size in drill(count)]),
    (ex.check_find_all, PAIRS),
    (ex.check_find_all, {(6, 4), (5, 4), (1, 3), (0, 3)}),
    (ex.check_find_all, np.array(PAIRS)),
    (ex.check_uses, [1, 2, 1, 2, 1, 1]),
    (ex.check_one_by_one, MIX.reshape(1, 1, 3, 2)),
    (ex.check_one_by_one, MIX[np.newaxis, np.newaxis].astype(np.float32)),
]
