"""Wrong and right solutions of the exercises of section 3: test_exercises.py hands them in.

The mistakes are those of real solutions, each written anew.
"""

import numpy as np

import cnnlib as cnn
from cnnlib import exercises as ex
from cnnlib.layers import AvgPool2D, Conv2D, Dense, Flatten, MaxPool2D

WRONG, RIGHT = [], []


def wrong(check, mistake):
    """A wrong solution, and the name that the check must give to its mistake."""
    return lambda solution: WRONG.append((check, mistake, solution)) or solution


def right(check):
    return lambda solution: RIGHT.append((check, solution)) or solution


# ---- 1 and 2: the counts by hand are those of the library ---------------------------------------
def _counts(bias=True):
    rng = np.random.default_rng(0)
    chain = [Conv2D(3, 6, 3, rng=rng), MaxPool2D(2), Conv2D(6, 16, 3, rng=rng), AvgPool2D(2)]
    chain += [Flatten(), Dense(576, 120, rng=rng), Dense(120, 84, rng=rng), Dense(84, 10, rng=rng)]
    seen, shape = [], (32, 32, 3)
    for layer in chain:
        if layer.params:
            parameters = sum(a.size for a in layer.params.values() if bias or a.ndim > 1)
            seen.append((parameters, layer.multiply_adds(shape)))
        shape = layer.output_shape(shape)
    return [[pair[k] for pair in seen] for k in (0, 1)]


right(ex.check_parameters_by_hand)(_counts()[0])
right(ex.check_parameters_by_hand)(np.array(_counts()[0], np.float32))
wrong(ex.check_parameters_by_hand, "bias forgotten")(_counts(bias=False)[0])
wrong(ex.check_parameters_by_hand, "channels forgotten")([60, 160, 69240, 10164, 850])
wrong(ex.check_parameters_by_hand, "a bias for each channel")([180, 960, 69240, 10164, 850])
wrong(ex.check_parameters_by_hand, "ceil for floor")([168, 880, 94200, 10164, 850])
wrong(ex.check_parameters_by_hand, "same assumed")([168, 880, 123000, 10164, 850])
wrong(ex.check_parameters_by_hand, "only the channels flattened")([168, 880, 2040, 10164, 850])
wrong(ex.check_parameters_by_hand, "colours for channels")([168, 448, 69240, 10164, 850])
wrong(ex.check_parameters_by_hand, "last POOL forgotten")([168, 880, 324600, 10164, 850])
wrong(ex.check_parameters_by_hand, None)([168, 880, 69240, 10164, 84])
wrong(ex.check_parameters_by_hand, "not written")(...)

right(ex.check_multiply_adds)(_counts()[1])
wrong(ex.check_multiply_adds, "parameters counted")(_counts()[0])
wrong(ex.check_multiply_adds, "channels forgotten")([48600, 24336, 69120, 10080, 840])
wrong(ex.check_multiply_adds, "input size taken")([165888, 194400, 69120, 10080, 840])
wrong(ex.check_multiply_adds, "size after pooling taken")([36450, 31104, 69120, 10080, 840])
wrong(ex.check_multiply_adds, "filters forgotten")([24300, 9126, 69120, 10080, 840])
wrong(ex.check_multiply_adds, "counted twice")([291600, 292032, 138240, 20160, 1680])
wrong(ex.check_multiply_adds, "bias counted")([151200, 148720, 69240, 10164, 850])


# ---- 3 parameters -------------------------------------------------------------------------------
def count(layers, shape, conv=None, dense=None, size=None, flat=None):
    """How a student writes it, with what a mistake changes."""
    n_H, n_W, n_C = shape
    size = size or (lambda n, f, s, p: (n + 2 * p - f) // s + 1)
    total = 0
    for layer in layers:
        if layer[0] == "CONV":
            _, f, s, p, filters = layer
            total += conv(f, n_C, filters) if conv else f * f * n_C * filters + filters
            n_H, n_W, n_C = size(n_H, f, s, p), size(n_W, f, s, p), filters
        elif layer[0] == "POOL":
            _, f, s, p = layer
            n_H, n_W = size(n_H, f, s, p), size(n_W, f, s, p)
        else:
            inputs = flat(n_H, n_W, n_C) if flat else n_H * n_W * n_C
            total += dense(inputs, layer[1]) if dense else inputs * layer[1] + layer[1]
            n_H, n_W, n_C = 1, 1, layer[1]
    return total


@right(ex.check_parameters)
def by_the_formulas(layers, shape):
    return count(layers, shape)


@right(ex.check_parameters)
def by_making_the_arrays(layers, shape):
    A, total = np.zeros((1, *shape), np.float32), 0
    for kind, *numbers in layers:
        if kind == "FC":
            W = np.zeros((A.size, numbers[0]))
            total += W.size + W.shape[1]
            A = np.zeros((1, 1, 1, W.shape[1]))
        elif kind == "CONV":
            f, s, p, n_C = numbers
            W = np.zeros((f, f, A.shape[3], n_C))
            total += W.size + n_C
            A = cnn.conv2d(A, W, None, s, p)
        else:
            A = cnn.avg_pool2d(A, *numbers)
    return np.int64(total)


@wrong(ex.check_parameters, "bias forgotten")
def weights_only(layers, shape):
    return count(layers, shape, lambda f, b, n_C: f**2 * b * n_C, lambda b, n: b * n)


@wrong(ex.check_parameters, "bias of CONV forgotten")
def conv_without_bias(layers, shape):
    return count(layers, shape, conv=lambda f, b, n_C: f**2 * b * n_C)


@wrong(ex.check_parameters, "bias of FC forgotten")
def fc_without_bias(layers, shape):
    return count(layers, shape, dense=lambda b, n: b * n)


@wrong(ex.check_parameters, "a bias for each channel")
def parenthesis_in_the_wrong_place(layers, shape):
    return count(layers, shape, conv=lambda f, b, n_C: (f * f + 1) * b * n_C)


@wrong(ex.check_parameters, "one bias for a layer")
def plus_one(layers, shape):
    return count(layers, shape, lambda f, b, n_C: f * f * b * n_C + 1, lambda b, n: b * n + 1)


@wrong(ex.check_parameters, "channels forgotten")
def flat_filters(layers, shape):
    return count(layers, shape, conv=lambda f, b, n_C: (f * f + 1) * n_C)


@wrong(ex.check_parameters, "only the channels flattened")
def global_pool_in_mind(layers, shape):
    return count(layers, shape, flat=lambda n_H, n_W, n_C: n_C)


@wrong(ex.check_parameters, "POOL counted")
def pool_learns(layers, shape):
    total, n_C = count(layers, shape), shape[2]
    for layer in layers:
        if layer[0] == "CONV":
            n_C = layer[4]
        if layer[0] == "POOL":
            total += layer[1] ** 2 * n_C
    return total


@wrong(ex.check_parameters, "ceil for floor")
def rounds_up(layers, shape):
    return count(layers, shape, size=lambda n, f, s, p: int(np.ceil((n + 2 * p - f) / s)) + 1)


@wrong(ex.check_parameters, "padding on one side")
def half_padding(layers, shape):
    return count(layers, shape, size=lambda n, f, s, p: (n + p - f) // s + 1)


@wrong(ex.check_parameters, "sizes stay as they are")
def only_channels_change(layers, shape):
    return count(layers, shape, size=lambda n, f, s, p: n)


@wrong(ex.check_parameters, "stride forgotten")
def every_position(layers, shape):
    return count(layers, shape, size=lambda n, f, s, p: n - f + 2 * p + 1)


@wrong(ex.check_parameters, "square assumed")
def square_images(layers, shape):
    n, _, n_C = shape
    return count(layers, (n, n, n_C))


@wrong(ex.check_parameters, "padding forgotten")
def no_padding(layers, shape):
    return count(layers, shape, size=lambda n, f, s, p: int((n - f) / s) + 1)


@wrong(ex.check_parameters, "+1 forgotten")
def counts_steps(layers, shape):
    return count(layers, shape, size=lambda n, f, s, p: (n - f + 2 * p) // s)


@wrong(ex.check_parameters, "volume kept behind FC")
def flattens_again_and_again(layers, shape):
    (n_H, n_W, n_C), total = shape, 0
    for kind, *numbers in layers:
        if kind == "FC":
            total += (n_H * n_W * n_C + 1) * numbers[0]
            n_C = numbers[0]
        else:
            f, s, p, *_ = numbers
            if kind == "CONV":
                total += (f * f * n_C + 1) * numbers[3]
                n_C = numbers[3]
            n_H, n_W = (n_H + 2 * p - f) // s + 1, (n_W + 2 * p - f) // s + 1
    return total


@wrong(ex.check_parameters, "POOL passed over")
def nothing_to_learn_nothing_to_do(layers, shape):
    return count([layer for layer in layers if layer[0] in ("CONV", "FC")], shape)


@wrong(ex.check_parameters, "channels not passed on")
def always_the_colours(layers, shape):
    n_H, n_W, n_C = shape
    total = 0
    for kind, *numbers in layers:
        if kind == "FC":
            total += (n_H * n_W * n_C + 1) * numbers[0]
            n_H, n_W, n_C = 1, 1, numbers[0]
        else:
            f, s, p, *filters = numbers
            total += sum((f * f * n_C + 1) * n for n in filters)
            n_H, n_W = (n_H + 2 * p - f) // s + 1, (n_W + 2 * p - f) // s + 1
    return total


@wrong(ex.check_parameters, "channels of the output")
def sets_n_C_too_early(layers, shape):
    return count(layers, shape, conv=lambda f, before, n_C: f * f * n_C * n_C + n_C)


@wrong(ex.check_parameters, "raises")
def does_not_know_fc(layers, shape):
    return sum((f * f * shape[2] + 1) * n_C for _, f, s, p, n_C in layers)


# ---- 4 receptive field --------------------------------------------------------------------------
@right(ex.check_receptive_field)
def from_the_front(layers):
    r, jump = 1, 1
    for f, s in layers:
        r += (f - 1) * jump
        jump *= s
    return r


@right(ex.check_receptive_field)
def from_the_back(layers):
    r = 1
    for f, s in reversed(layers):
        r = s * (r - 1) + f
    return r


@right(ex.check_receptive_field)
def by_a_sum(layers):
    strides = [s for _, s in layers]
    return 1 + sum((f - 1) * np.prod(strides[:k], dtype=int) for k, (f, _) in enumerate(layers))


@wrong(ex.check_receptive_field, "strides forgotten")
def only_stride_one(layers):
    return 1 + sum(f - 1 for f, s in layers)


@wrong(ex.check_receptive_field, "own stride counted")
def jumps_first(layers):
    r, jump = 1, 1
    for f, s in layers:
        jump = jump * s
        r = r + (f - 1) * jump
    return r


@wrong(ex.check_receptive_field, "strides added")
def adds_jumps(layers):
    r, jump = 1, 1
    for f, s in layers:
        r += (f - 1) * jump
        jump += s - 1
    return r


@wrong(ex.check_receptive_field, "only the last stride")
def forgets_earlier_strides(layers):
    r, jump = 1, 1
    for f, s in layers:
        r += (f - 1) * jump
        jump = s
    return r


@wrong(ex.check_receptive_field, "f for f − 1")
def adds_f(layers):
    r, jump = 1, 1
    for f, s in layers:
        r += f * jump
        jump *= s
    return r


@wrong(ex.check_receptive_field, "starts at 0")
def from_zero(layers):
    r, jump = 0, 1
    for f, s in layers:
        r += (f - 1) * jump
        jump *= s
    return r


@wrong(ex.check_receptive_field, "sizes multiplied")
def product(layers):
    r = 1
    for f, _ in layers:
        r *= f
    return r


@wrong(ex.check_receptive_field, "from the last layer on")
def backwards(layers):
    return from_the_front(layers[::-1])


# ---- 5 a design ---------------------------------------------------------------------------------
right(ex.check_design)([(3, 2), (3, 2), (3, 2), (3, 1)])
right(ex.check_design)(np.array([[3, 2], [3, 2], [3, 2], [3, 2]], float))
wrong(ex.check_design, "too long")([(3, 1)] * 15)
wrong(ex.check_design, "too long")([(3, 2)] * 15_000)
wrong(ex.check_design, "not whole")([(3, 2), (3, 2), (3, 2), (3, 1.5)])
wrong(ex.check_design, "another field")([(3, 2)] * 3)
wrong(ex.check_design, "not allowed")([(31, 1)])
wrong(ex.check_design, "not allowed")([(3, 15), (3, 1)])
wrong(ex.check_design, "no layer")([(3, 0), (3, 1)])
wrong(ex.check_design, "shape")([3, 2, 3, 2])
wrong(ex.check_design, "no such result")("3×3")


# ---- 6 the matrix -------------------------------------------------------------------------------
@right(ex.check_matrix)
def by_loops(K, n):
    f = K.shape[0]
    m = n - f + 1
    M = np.zeros((m * m, n * n))
    for x in range(m):
        for y in range(m):
            for i in range(f):
                for j in range(f):
                    M[x * m + y, (x + i) * n + y + j] = K[i, j]
    return M


@right(ex.check_matrix)
def by_unit_images(K, n):
    units = np.eye(n * n).reshape(n * n, n, n)
    return np.stack([cnn.correlate2d(unit, K).ravel() for unit in units], axis=1)


@right(ex.check_matrix)
def by_empty_images(K, n):
    rows = []
    for x, y in np.ndindex(n - len(K) + 1, n - len(K) + 1):
        image = np.zeros((n, n), np.float32)
        image[x : x + len(K), y : y + len(K)] = K
        rows.append(image.ravel())
    return rows


@wrong(ex.check_matrix, "transposed")
def pixels_down(K, n):
    return by_loops(K, n).T


@wrong(ex.check_matrix, "flipped kernel")
def of_the_strict_convolution(K, n):
    return by_loops(np.rot90(K, 2), n)


@wrong(ex.check_matrix, "kernel transposed")
def swaps_i_and_j(K, n):
    return by_loops(K.T, n)


@wrong(ex.check_matrix, "n_out for n")
def one_width_for_both(K, n):
    f = K.shape[0]
    m = n - f + 1
    M = np.zeros((m * m, n * n))
    for x, y, i, j in np.ndindex(m, m, f, f):
        M[x * m + y, (x + i) * m + y + j] += K[i, j]
    return M


@wrong(ex.check_matrix, "columns first")
def fortran_order(K, n):
    rows = []
    for x, y in np.ndindex(n - len(K) + 1, n - len(K) + 1):
        image = np.zeros((n, n))
        image[x : x + len(K), y : y + len(K)] = K
        rows.append(image.ravel(order="F"))
    return np.array(rows)


@wrong(ex.check_matrix, "columns first")
def outputs_down_the_columns(K, n):
    f, m = len(K), n - len(K) + 1
    M = np.zeros((m * m, n * n))
    for x, y, i, j in np.ndindex(m, m, f, f):
        M[y * m + x, (x + i) * n + y + j] = K[i, j]
    return M


@wrong(ex.check_matrix, "kernel transposed")
def all_in_fortran_order(K, n):
    units = np.eye(n * n).reshape(n * n, n, n)
    return np.stack([cnn.correlate2d(unit.T, K).ravel(order="F") for unit in units], axis=1)


@wrong(ex.check_matrix, "window does not move")
def stays_in_the_corner(K, n):
    f, m = len(K), n - len(K) + 1
    M = np.zeros((m * m, n * n))
    for i, j in np.ndindex(f, f):
        M[:, i * n + j] = K[i, j]
    return M


@wrong(ex.check_matrix, "runs over the edge")
def rolls_on(K, n):
    image = np.zeros((n, n))
    image[: len(K), : len(K)] = K
    return np.array([np.roll(image.ravel(), k) for k in range((n - len(K) + 1) ** 2)])


@wrong(ex.check_matrix, "one line only")
def forgets_the_other_lines(K, n):
    f, m = len(K), n - len(K) + 1
    M = np.zeros((m * m, n * n))
    for y, i, j in np.ndindex(m, f, f):
        M[y, i * n + y + j] = K[i, j]
    return M


# ---- 7 moved, and different ---------------------------------------------------------------------
right(ex.check_moved_and_different)([[3, 5, 0, 0], [0, 0, 0, 0]])
right(ex.check_moved_and_different)(np.array([[5, 0, 0, 0], [0, 3, 0, 0]], np.uint8))
wrong(ex.check_moved_and_different, "moves along")([[0, 5, 0, 0]] * 2)
wrong(ex.check_moved_and_different, "moves along")([[0, 3, 3, 0], [0, 0, 0, 0]])
wrong(ex.check_moved_and_different, "stays")([[5, 0, 0, 0]] * 2)
wrong(ex.check_moved_and_different, "falls off")([[3, 0, 0, 5]] * 2)
wrong(ex.check_moved_and_different, "blank")(np.zeros((4, 4)))
wrong(ex.check_moved_and_different, "shape")(np.zeros((3, 3)))


# ---- 8 pooling first ----------------------------------------------------------------------------
right(ex.check_order_matters)([[4, -4], [0, 0]])
right(ex.check_order_matters)(np.array([[-1, -1], [-1, 2.5]], np.float32))
wrong(ex.check_order_matters, "none negative")([[1, 2], [3, 4]])
wrong(ex.check_order_matters, "none positive")([[-1, -2], [-3, 0]])
wrong(ex.check_order_matters, "shape")([1, -1, 2, -2])
