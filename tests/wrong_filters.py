"""Wrong and right solutions of the exercises of section 1: test_exercises.py hands them in.

The mistakes are those of real solutions, each written anew; a link says where one was reported.
"""

import numpy as np

import cnnlib as cnn
from cnnlib import exercises as ex
from cnnlib import filters

WRONG, RIGHT = [], []


def wrong(check, mistake):
    """A wrong solution, and the name that the check must give to its mistake."""
    return lambda solution: WRONG.append((check, mistake, solution)) or solution


def right(check):
    return lambda solution: RIGHT.append((check, solution)) or solution


# ---- correlate ---------------------------------------------------------------------------------
@right(ex.check_correlate)
def four_loops(I, K):
    f_H, f_W = K.shape
    Z = np.zeros((I.shape[0] - f_H + 1, I.shape[1] - f_W + 1))
    for x in range(Z.shape[0]):
        for y in range(Z.shape[1]):
            for i in range(f_H):
                for j in range(f_W):
                    Z[x, y] += K[i, j] * I[x + i, y + j]
    return Z


@right(ex.check_correlate)
def loops_over_the_filter_first(I, K):
    n_H, n_W = I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1
    return sum(K[i, j] * I[i : i + n_H, j : j + n_W] for i, j in np.ndindex(K.shape))


@right(ex.check_correlate)
def without_numpy(I, K):
    I, K = I.tolist(), K.tolist()
    rows, columns = range(len(I) - len(K) + 1), range(len(I[0]) - len(K[0]) + 1)
    window = [(i, j) for i in range(len(K)) for j in range(len(K[0]))]
    return [[sum(K[i][j] * I[x + i][y + j] for i, j in window) for y in columns] for x in rows]


@right(ex.check_correlate)
def vectorised(I, K):
    windows = np.lib.stride_tricks.sliding_window_view(I, K.shape)
    return np.einsum("xyij,ij->xy", windows, K)


@right(ex.check_correlate)
def in_float32(I, K):
    return vectorised(I.astype(np.float32), K.astype(np.float32))


@right(ex.check_correlate)
def into_a_list_of_arrays(I, K):
    return list(vectorised(I, K))


@wrong(ex.check_correlate, "library used")
def lets_the_library_do_it(I, K):
    return cnn.correlate2d(I, K)


@wrong(ex.check_correlate, "flipped kernel")
def true_convolution(I, K):
    # what scipy.signal.convolve2d does
    K = K[::-1, ::-1]
    f_H, f_W = K.shape
    Z = np.zeros((I.shape[0] - f_H + 1, I.shape[1] - f_W + 1))
    for x, y in np.ndindex(Z.shape):
        Z[x, y] = (I[x : x + f_H, y : y + f_W] * K).sum()
    return Z


@wrong(ex.check_correlate, "flipped kernel")
def runs_backwards(I, K):
    f_H, f_W = K.shape
    Z = np.zeros((I.shape[0] - f_H + 1, I.shape[1] - f_W + 1))
    for x, y in np.ndindex(Z.shape):
        for i, j in np.ndindex(K.shape):
            Z[x, y] += K[i, j] * I[x + f_H - 1 - i, y + f_W - 1 - j]
    return Z


@wrong(ex.check_correlate, "last position forgotten")
def one_too_few(I, K):
    Z = np.zeros((I.shape[0] - K.shape[0], I.shape[1] - K.shape[1]))
    for x, y in np.ndindex(Z.shape):
        Z[x, y] = np.sum(I[x : x + K.shape[0], y : y + K.shape[1]] * K)
    return Z


@wrong(ex.check_correlate, "sum forgotten")
def assigns(I, K):
    Z = np.zeros((I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1))
    for x, y in np.ndindex(Z.shape):
        for i, j in np.ndindex(K.shape):
            Z[x, y] = K[i, j] * I[x + i, y + j]
    return Z


@wrong(ex.check_correlate, "mean for sum")
def averages(I, K):
    Z = np.zeros((I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1))
    for x, y in np.ndindex(Z.shape):
        Z[x, y] = np.mean(I[x : x + K.shape[0], y : y + K.shape[1]] * K)
    return Z


@wrong(ex.check_correlate, "kernel transposed")
def swaps_i_and_j_of_the_filter(I, K):
    K = K.T
    return four_loops(I, K)


@wrong(ex.check_correlate, "result transposed")
def swaps_x_and_y_of_the_result(I, K):
    Z = np.zeros((I.shape[1] - K.shape[1] + 1, I.shape[0] - K.shape[0] + 1))
    for y, x in np.ndindex(Z.shape):
        Z[y, x] = np.sum(I[x : x + K.shape[0], y : y + K.shape[1]] * K)
    return Z


@wrong(ex.check_correlate, "square assumed")
def only_squares(I, K):
    # one (n, f) for both directions, as in many a tutorial: right on square images only
    (n, _), (f, _) = I.shape, K.shape
    Z = np.zeros((n - f + 1, n - f + 1))
    for x in range(n - f + 1):
        for y in range(n - f + 1):
            Z[x, y] = np.sum(I[x : x + f, y : y + f] * K)
    return Z


@wrong(ex.check_correlate, "square assumed")
def only_square_filters(I, K):
    f = len(K)
    Z = np.zeros((len(I) - f + 1, len(I[0]) - f + 1))
    for x, y, i, j in ((x, y, i, j) for x, y in np.ndindex(Z.shape) for i, j in np.ndindex(f, f)):
        Z[x, y] += K[i, j] * I[x + i, y + j]
    return Z


@wrong(ex.check_correlate, "square assumed")
def n_and_f_in_four_loops(I, K):
    n, f = len(I), len(K)
    Z = np.zeros((n - f + 1, n - f + 1))
    for x, y, i, j in np.ndindex(n - f + 1, n - f + 1, f, f):
        Z[x, y] += K[i, j] * I[x + i, y + j]
    return Z


@wrong(ex.check_correlate, "square assumed")
def f_H_for_f_W_with_a_guard(I, K):
    f_H, f_W = K.shape
    Z = np.zeros((I.shape[0] - f_H + 1, I.shape[1] - f_W + 1))
    for x, y in np.ndindex(Z.shape):
        for i in range(f_H):
            for j in range(f_H):
                if j < f_W:
                    Z[x, y] += K[i, j] * I[x + i, y + j]
    return Z


@wrong(ex.check_correlate, "counted from 1")
def copies_the_formula(I, K):
    Z = np.zeros((I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1))
    for x, y in np.ndindex(Z.shape):
        for i, j in np.ndindex(K.shape):
            Z[x, y] += K[i, j] * I[x + i - 1, y + j - 1]
    return Z


@wrong(ex.check_correlate, "sum goes on")
def starts_the_sum_once(I, K):
    Z, total = np.zeros((I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1)), 0
    for x, y in np.ndindex(Z.shape):
        for i, j in np.ndindex(K.shape):
            total += K[i, j] * I[x + i, y + j]
        Z[x, y] = total
    return Z


@wrong(ex.check_correlate, "returned too early")
def returns_after_one(I, K):
    Z = np.zeros((I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1))
    for x, y in np.ndindex(Z.shape):
        Z[x, y] = np.sum(K * I[x : x + K.shape[0], y : y + K.shape[1]])
        return Z
    return None


@wrong(ex.check_correlate, "returned too early")
def returns_after_a_row(I, K):
    Z = np.zeros((I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1))
    for x in range(Z.shape[0]):
        for y in range(Z.shape[1]):
            Z[x, y] = np.sum(K * I[x : x + K.shape[0], y : y + K.shape[1]])
        return Z
    return None


@wrong(ex.check_correlate, "kernel mirrored")
def mirrors_left_to_right(I, K):
    return four_loops(I, np.fliplr(K))


@wrong(ex.check_correlate, "kernel mirrored")
def mirrors_upside_down(I, K):
    return four_loops(I, np.flipud(K))


@wrong(ex.check_correlate, "window jumps")
def side_by_side(I, K):
    f_H, f_W = K.shape
    xs, ys = range(0, I.shape[0] - f_H + 1, f_H), range(0, I.shape[1] - f_W + 1, f_W)
    return np.array([[np.sum(I[x : x + f_H, y : y + f_W] * K) for y in ys] for x in xs])


@wrong(ex.check_correlate, "fractions cut off")
def integer_result(I, K):
    Z = np.zeros_like(I[: I.shape[0] - K.shape[0] + 1, : I.shape[1] - K.shape[1] + 1])
    for x, y in np.ndindex(Z.shape):
        Z[x, y] = np.sum(I[x : x + K.shape[0], y : y + K.shape[1]] * K)
    return Z


@wrong(ex.check_correlate, None)
def result_of_the_filters_dtype(I, K):
    Z = np.zeros((I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1), dtype=K.dtype)
    for x, y in np.ndindex(Z.shape):
        Z[x, y] = np.sum(I[x : x + K.shape[0], y : y + K.shape[1]] * K)
    return Z


@wrong(ex.check_correlate, "same assumed")
def padded_to_the_same_size(I, K):
    (n_H, n_W), (f_H, f_W) = I.shape, K.shape
    padded = np.zeros((n_H + f_H - 1, n_W + f_W - 1))
    padded[(f_H - 1) // 2 : (f_H - 1) // 2 + n_H, (f_W - 1) // 2 : (f_W - 1) // 2 + n_W] = I
    return four_loops(padded, K)


@wrong(ex.check_correlate, "argument changed")
def works_in_place(I, K):
    K *= 1.0
    I[0, 0] = 0
    return four_loops(I, K)


@wrong(ex.check_correlate, "raises")
def indexes_too_far(I, K):
    Z = np.zeros((I.shape[0] - K.shape[0] + 1, I.shape[1] - K.shape[1] + 1))
    for x, y in np.ndindex(Z.shape):
        for i, j in np.ndindex(K.shape):
            Z[x, y] += K[i, j] * I[x + i + 1, y + j]
    return Z


# ---- unchanged_by_flip -------------------------------------------------------------------------
@right(ex.check_unchanged_by_flip)
def weight_by_weight(K):
    f_H, f_W = K.shape
    return all(K[i, j] == K[f_H - 1 - i, f_W - 1 - j] for i, j in np.ndindex(K.shape))


@right(ex.check_unchanged_by_flip)
def numpys_bool(K):
    return np.all(np.rot90(K, 2) == K)


@wrong(ex.check_unchanged_by_flip, "rows only")
def upside_down(K):
    return np.array_equal(K, np.flipud(K))


@wrong(ex.check_unchanged_by_flip, "columns only")
def left_to_right(K):
    return np.array_equal(K, np.fliplr(K))


@wrong(ex.check_unchanged_by_flip, "both mirrors asked")
def each_mirror(K):
    return np.array_equal(K, np.flipud(K)) & np.array_equal(K, np.fliplr(K))


@wrong(ex.check_unchanged_by_flip, "transposed")
def diagonal(K):
    return np.array_equal(K, K.T)


@wrong(ex.check_unchanged_by_flip, "quarter turn")
def turns_once(K):
    return K.tolist() == [list(column) for column in zip(*K.tolist(), strict=True)][::-1]


@wrong(ex.check_unchanged_by_flip, "sums compared")
def by_the_sum(K):
    return bool(np.isclose(np.sum(K), np.sum(K[::-1, ::-1])))


@wrong(ex.check_unchanged_by_flip, "any for all")
def one_is_enough(K):
    return (K[::-1, ::-1] == K).any()


@wrong(ex.check_unchanged_by_flip, "up to the sign")
def of_absolute_values(K):
    turned = np.rot90(K, 2)
    return np.array_equal(K, turned) or np.array_equal(-K, turned)


@wrong(ex.check_unchanged_by_flip, None)
def each_pair_only_once(K):
    f_H, f_W = K.shape
    pairs = np.ndindex(f_H, f_W // 2)  # the middle column is left out
    return all(K[i, j] == K[f_H - 1 - i, f_W - 1 - j] for i, j in pairs)


@wrong(ex.check_unchanged_by_flip, None)
def along_the_border(K):
    return np.array_equal(K[0], K[-1][::-1]) and np.array_equal(K[:, 0], K[::-1, -1])


@wrong(ex.check_unchanged_by_flip, "no such result")
def an_array_of_answers(K):
    return K[::-1, ::-1] == K


# ---- take_apart --------------------------------------------------------------------------------
@right(ex.check_take_apart)
def by_svd(K):
    U, S, V = np.linalg.svd(K)
    return U[:, 0] * np.sqrt(S[0]), V[0] * np.sqrt(S[0])


@right(ex.check_take_apart)
def as_matrices(K):
    i, j = np.argwhere(K != 0)[0]
    return K[:, j], K[i] / K[i, j]


@wrong(ex.check_take_apart, "not divided")
def first_column_first_row(K):
    return K[:, 0], K[0, :]


@wrong(ex.check_take_apart, "divided twice")
def both_divided(K):
    return K[:, 0] / K[0, 0], K[0, :] / K[0, 0]


@wrong(ex.check_take_apart, "row first")
def the_other_order(K):
    column, row = as_matrices(K)
    return row, column


@wrong(ex.check_take_apart, "zero in the corner")
def divides_by_the_corner(K):
    return K[:, 0], K[0, :] / K[0, 0]


@wrong(ex.check_take_apart, "zero in the corner")
def avoids_the_zero_in_the_corner(K):
    corner = K[0, 0] if K[0, 0] != 0 else 1
    return K[:, 0], K[0, :] / corner


@wrong(ex.check_take_apart, "zero in the corner")
def divides_by_the_last_corner(K):
    return K[:, -1] / K[-1, -1], K[-1]


@wrong(ex.check_take_apart, "zero in the middle")
def through_the_middle(K):
    f_H, f_W = K.shape
    return K[:, f_W // 2], K[f_H // 2] / K[f_H // 2, f_W // 2]


@wrong(ex.check_take_apart, "sign forgotten")
def through_the_largest(K):
    place = np.argmax(K)
    i, j = place // K.shape[1], place % K.shape[1]
    return K[:, j], K[i] / K[i, j]


@wrong(ex.check_take_apart, "sign forgotten")
def root_of_the_weight(K):
    i, j = np.argwhere(abs(K) == abs(K).max())[0]
    root = abs(K[i, j]) ** 0.5
    return K[:, j] / root, K[i] / root


@wrong(ex.check_take_apart, "sums")
def sums_of_rows_and_columns(K):
    return K.sum(axis=1), K.sum(axis=0)


@wrong(ex.check_take_apart, "sum of 0")
def divided_by_the_sum(K):
    return K.sum(1), K.sum(0) / K.sum()


@wrong(ex.check_take_apart, "singular value forgotten")
def singular_vectors(K):
    U, _, V = np.linalg.svd(K)
    return U[:, 0], V[0]


# ---- learning_step -----------------------------------------------------------------------------
def gradient(I, Y, K):
    E = cnn.correlate2d(I, K) - Y
    dK = np.zeros(K.shape)
    for i, j in np.ndindex(K.shape):
        dK[i, j] = np.sum(E * I[i : i + E.shape[0], j : j + E.shape[1]]) / E.size
    return dK


@right(ex.check_learning_step)
def downhill(I, Y, K, eta):
    return K - eta * gradient(I, Y, K)


@right(ex.check_learning_step)
def by_differences(I, Y, K, learning_rate):
    def loss(K):
        return np.mean((cnn.correlate2d(I, K) - Y) ** 2) / 2

    dK, h = np.zeros(K.shape), 1e-4
    for place in np.ndindex(K.shape):
        e = np.zeros(K.shape)
        e[place] = h
        dK[place] = (loss(K + e) - loss(K - e)) / (2 * h)
    return K - learning_rate * dK


@wrong(ex.check_learning_step, "uphill")
def adds(I, Y, K, eta):
    return K + eta * gradient(I, Y, K)


@wrong(ex.check_learning_step, "uphill")
def target_minus_result(I, Y, K, eta):
    E = Y - cnn.correlate2d(I, K)
    return K - eta * cnn.correlate2d(I, E) / E.size


@wrong(ex.check_learning_step, "N forgotten")
def sum_for_mean(I, Y, K, eta):
    return K - eta * cnn.correlate2d(I, cnn.correlate2d(I, K) - Y)


@wrong(ex.check_learning_step, "factor 2")
def two_stays(I, Y, K, eta):
    return K - eta * 2 * gradient(I, Y, K)


@wrong(ex.check_learning_step, "factor 1/2")
def half_stays(I, Y, K, eta):
    E = cnn.correlate2d(I, K) - Y
    return K - eta * cnn.correlate2d(I, E) / (2 * E.size)


@wrong(ex.check_learning_step, "learning rate forgotten")
def full_step(I, Y, K, eta):
    return K - gradient(I, Y, K)


@wrong(ex.check_learning_step, "gradient only")
def returns_the_step(I, Y, K, eta):
    return eta * gradient(I, Y, K)


@wrong(ex.check_learning_step, "gradient only")
def returns_the_gradient(I, Y, K, eta):
    return gradient(I, Y, K)


@wrong(ex.check_learning_step, "gradient flipped")
def flips(I, Y, K, eta):
    return K - eta * np.rot90(gradient(I, Y, K), 2)


@wrong(ex.check_learning_step, "divided by the weights")
def other_size(I, Y, K, eta):
    return K - eta * cnn.correlate2d(I, cnn.correlate2d(I, K) - Y) / K.size


@wrong(ex.check_learning_step, "divided by the pixels")
def size_of_the_image(I, Y, K, eta):
    return K - eta * cnn.correlate2d(I, cnn.correlate2d(I, K) - Y) / I.size


@wrong(ex.check_learning_step, "divided by the rows")
def length_of_the_target(I, Y, K, eta):
    N = len(Y)
    return K - eta * cnn.correlate2d(I, cnn.correlate2d(I, K) - Y) / N


@wrong(ex.check_learning_step, "target as error")
def only_right_from_zero(I, Y, K, eta):
    return K + eta * cnn.correlate2d(I, Y) / Y.size


@wrong(ex.check_learning_step, None)
def into_an_array_like_the_filter(I, Y, K, eta):
    new = np.zeros_like(K)
    new[:] = K - eta * gradient(I, Y, K)
    return new


@wrong(ex.check_learning_step, "argument changed")
def steps_in_place(I, Y, K, eta):
    K -= eta * gradient(I, Y, K)
    return K


# ---- answers: (check, mistake, value) and (check, value) ------------------------------------
E_BY_HAND = cnn.correlate2d(ex.DIGITS_OF_E, filters.VEF)
DOT = np.zeros((5, 5), int)
DOT[2, 2] = 7
STRIPES = [[10, 0, 10, 0, 10], [0, 10, 0, 10, 0], [0, 0, 0, 0, 0], [3, 4, 3, 4, 3]]
DIAGONAL = [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]]
DECIMALS = np.array([[1.1, 2, 0], [-3.1, 0, 1], [0.9, 0, -1.9]])
GREYS = [[0.6, 0.2] * 3, [0.2, 1.0] * 3, [0, 0.9] * 3, [0.3, 0.5] * 3, [0.2, 0.1] * 3]
GREYS += [[0.9, 0.6] * 3]
WRONG += [
    (ex.check_by_hand, "wrong sign", -E_BY_HAND),
    (ex.check_by_hand, "HEF for VEF", cnn.correlate2d(ex.DIGITS_OF_E, filters.HEF)),
    (ex.check_by_hand, "padded", cnn.correlate2d(ex.DIGITS_OF_E, filters.VEF, padding=1)),
    (ex.check_by_hand, "mean for sum", E_BY_HAND / 9),
    (ex.check_by_hand, "transposed", E_BY_HAND.T.tolist()),
    (ex.check_by_hand, None, E_BY_HAND + np.eye(4)),
    (ex.check_silent_image, "blank", np.ones((6, 6))),
    (ex.check_silent_image, "not silent", np.arange(36).reshape(6, 6)),
    (ex.check_silent_image, "not silent", np.array(GREYS) + 1e-3 * np.eye(6)),
    (ex.check_silent_image, "no vertical edge", [[1] * 6, [5] * 6, [2] * 6, [7] * 6]),
    (ex.check_silent_image, "HEF silent too", [[10, 0, 10, 0, 10, 0]] * 6),
    (ex.check_silent_image, "HEF silent too", [[0.7, 0.1] * 3] * 6),
    (ex.check_silent_image, "shape", [1, 2, 3]),
    (ex.check_diagonal, "shape", np.eye(4)),
    (ex.check_diagonal, "no number", np.full((3, 3), np.nan)),
    (ex.check_diagonal, "sum not 0", np.eye(3)),
    (ex.check_diagonal, "sum not 0", DECIMALS + 1e-3 * np.eye(3)),
    (ex.check_diagonal, "the other diagonal", filters.VEF + filters.HEF),
    (ex.check_diagonal, "the other diagonal", np.zeros((3, 3))),
    (ex.check_diagonal, "wrong sign", -np.array(DIAGONAL)),
    (ex.check_diagonal, "both diagonals", -filters.VEF),
    (ex.check_blur_then_vef, "product", filters.VEF),
    (ex.check_blur_then_vef, "sum", filters.VEF + 1),
    (ex.check_blur_then_vef, "matrix product", np.ones((3, 3)) @ filters.VEF),
    (ex.check_blur_then_vef, "wrong sign", -np.outer([1, 2, 3, 2, 1], [1, 1, 0, -1, -1])),
    (ex.check_blur_then_vef, "transposed", np.outer([1, 1, 0, -1, -1], [1, 2, 3, 2, 1])),
    (ex.check_blur_then_vef, "mean for sum", np.outer([1, 2, 3, 2, 1], [1, 1, 0, -1, -1]) / 9),
    (ex.check_revealing_image, "shape", np.ones((6, 6))),
    (ex.check_revealing_image, "rank 1", np.ones((5, 5))),
    (ex.check_revealing_image, "rank 5", np.eye(5)),
    (ex.check_revealing_image, "too much light", DOT + np.eye(5)),
]
RIGHT += [
    (ex.check_by_hand, E_BY_HAND),
    (ex.check_by_hand, E_BY_HAND.astype(int).tolist()),
    (ex.check_silent_image, STRIPES),
    (ex.check_silent_image, np.tile([[0.1, 0.7], [0.3, 0.9], [0.2, 0.2]], 3)),
    (ex.check_silent_image, GREYS),
    (ex.check_silent_image, np.array(GREYS, np.float32)),
    (ex.check_diagonal, DIAGONAL),
    (ex.check_diagonal, DECIMALS),
    (ex.check_diagonal, DECIMALS.astype(np.float32)),
    (ex.check_diagonal, [[0, 0, 2], [0, 0, 0], [-2, 0, 0]]),
    (ex.check_blur_then_vef, np.outer([1, 2, 3, 2, 1], [1, 1, 0, -1, -1])),
    (ex.check_revealing_image, DOT),
]
