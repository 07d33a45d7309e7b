"""Wrong and right solutions of the exercises of section 5: test_exercises.py hands them in.

The mistakes are those of real solutions, each written anew.
"""

import numpy as np

from cnnlib import blocks, layers
from cnnlib import exercises as ex
from cnnlib.models import inception_block

WRONG, RIGHT = [], []


def wrong(check, mistake):
    """A wrong solution, and the name that the check must give to its mistake."""
    return lambda solution: WRONG.append((check, mistake, solution)) or solution


def right(check):
    return lambda solution: RIGHT.append((check, solution)) or solution


# ---- 1 a block of zeros -------------------------------------------------------------------------
right(ex.check_grows_by_five)([7, -5, 2])
right(ex.check_grows_by_five)(np.array([-2.5, 1, -2.5], np.float32))
wrong(ex.check_grows_by_five, "unchanged")([5, 0, 0])
wrong(ex.check_grows_by_five, "nothing left")([-1, -2, -2])
wrong(ex.check_grows_by_five, "another sum")([1, 1, -4])
wrong(ex.check_grows_by_five, "shape")([-5, 1])
wrong(ex.check_grows_by_five, "no number")([np.nan, -5, 1])


# ---- 2 the block --------------------------------------------------------------------------------
def relu(z):
    return np.where(z > 0, z, 0)


@right(ex.check_residual)
def as_in_the_article(a, W1, b1, W2, b2):
    a1 = relu(W1 @ a + b1)
    return relu(W2 @ a1 + b2 + a)


@right(ex.check_residual)
def by_loops(a, W1, b1, W2, b2):
    def layer(W, x, b):
        return [sum(W[i][j] * x[j] for j in range(len(x))) + b[i] for i in range(len(b))]

    inner = [max(z, 0) for z in layer(W1, a, b1)]
    return [max(z + skip, 0) for z, skip in zip(layer(W2, inner, b2), a, strict=True)]


@wrong(ex.check_residual, "library used")
def by_the_library(a, W1, b1, W2, b2):
    rng, n = np.random.default_rng(0), len(a)
    first, second = (layers.Dense(n, n, rng=rng, dtype=np.float64) for _ in range(2))
    for layer, W, b in ((first, W1, b1), (second, W2, b2)):
        layer.params["W"][:], layer.params["b"][:] = W.T, b
    body = blocks.Sequential(first, layers.ReLU(), second)
    return blocks.Sequential(blocks.Residual(body), layers.ReLU()).forward(a[None])[0]


@wrong(ex.check_residual, "skip forgotten")
def plain(a, W1, b1, W2, b2):
    return relu(W2 @ relu(W1 @ a + b1) + b2)


@wrong(ex.check_residual, "ψ before the addition")
def adds_last(a, W1, b1, W2, b2):
    a1 = relu(W1 @ a + b1)
    a2 = relu(W2 @ a1 + b2)
    return a2 + a


@wrong(ex.check_residual, "last ψ forgotten")
def ends_with_the_sum(a, W1, b1, W2, b2):
    return W2 @ relu(W1 @ a + b1) + b2 + a


@wrong(ex.check_residual, "ψ inside forgotten")
def linear_inside(a, W1, b1, W2, b2):
    return relu(W2 @ (W1 @ a + b1) + b2 + a)


@wrong(ex.check_residual, "skip from the middle")
def uses_the_same_name(a, W1, b1, W2, b2):
    a = relu(W1 @ a + b1)
    return relu(W2 @ a + b2 + a)


@wrong(ex.check_residual, "added twice")
def a_skip_for_each_layer(a, W1, b1, W2, b2):
    return relu(W2 @ relu(W1 @ a + b1 + a) + b2 + a)


@wrong(ex.check_residual, "W transposed")
def rows_first(a, W1, b1, W2, b2):
    return relu(relu(a @ W1 + b1) @ W2 + b2 + a)


@wrong(ex.check_residual, "bias forgotten")
def without_biases(a, W1, b1, W2, b2):
    return relu(W2 @ relu(W1 @ a) + a)


@wrong(ex.check_residual, "bias forgotten")
def the_last_bias(a, W1, b1, W2, b2):
    return relu(W2 @ relu(W1 @ a + b1) + a)


@wrong(ex.check_residual, "ψ twice")
def three_activations(a, W1, b1, W2, b2):
    a2 = relu(W2 @ relu(W1 @ a + b1) + b2)
    return relu(a2 + a)


@wrong(ex.check_residual, "skip from the middle")
def adds_z1(a, W1, b1, W2, b2):
    z1 = W1 @ a + b1
    return relu(W2 @ relu(z1) + b2 + z1)


@wrong(ex.check_residual, "concatenated")
def dense_net(a, W1, b1, W2, b2):
    return relu(np.concatenate([W2 @ relu(W1 @ a + b1) + b2, a]))


@wrong(ex.check_residual, "argument changed")
def in_place(a, W1, b1, W2, b2):
    a += W2 @ relu(W1 @ a + b1) + b2
    return relu(a)


# ---- 3 its gradient -----------------------------------------------------------------------------
@right(ex.check_residual_backward)
def chain_rule(da_out, a, W1, b1, W2, b2):
    z1 = W1 @ a + b1
    s = W2 @ relu(z1) + b2 + a
    ds = da_out * (s > 0)
    return ds + W1.T @ ((z1 > 0) * (W2.T @ ds))


@right(ex.check_residual_backward)
def by_the_jacobian(da_out, a, W1, b1, W2, b2):
    D1 = np.diag(1.0 * (W1 @ a + b1 > 0))
    D2 = np.diag(1.0 * (W2 @ relu(W1 @ a + b1) + b2 + a > 0))
    return da_out @ (D2 @ (W2 @ D1 @ W1 + np.eye(len(a))))


@right(ex.check_residual_backward)
def by_differences(da_out, a, W1, b1, W2, b2):
    h = 1e-6
    up = [as_in_the_article(a + h * e, W1, b1, W2, b2) for e in np.eye(len(a))]
    down = [as_in_the_article(a - h * e, W1, b1, W2, b2) for e in np.eye(len(a))]
    return [(u - d) @ da_out / (2 * h) for u, d in zip(up, down, strict=True)]


def back(da_out, a, W1, b1, W2, b2):
    z1 = W1 @ a + b1
    return z1, W2 @ relu(z1) + b2


@wrong(ex.check_residual_backward, "skip's part forgotten")
def through_the_body_only(da_out, a, W1, b1, W2, b2):
    z1, z2 = back(da_out, a, W1, b1, W2, b2)
    return W1.T @ ((z1 > 0) * (W2.T @ (da_out * (z2 + a > 0))))


@wrong(ex.check_residual_backward, "only the skip")
def through_the_skip_only(da_out, a, W1, b1, W2, b2):
    _, z2 = back(da_out, a, W1, b1, W2, b2)
    return da_out * (z2 + a > 0)


@wrong(ex.check_residual_backward, "skip around the last ψ")
def adds_what_arrives(da_out, a, W1, b1, W2, b2):
    return through_the_body_only(da_out, a, W1, b1, W2, b2) + da_out


@wrong(ex.check_residual_backward, "last ψ′ forgotten")
def forgets_the_outer_mask(da_out, a, W1, b1, W2, b2):
    z1, _ = back(da_out, a, W1, b1, W2, b2)
    return da_out + W1.T @ ((z1 > 0) * (W2.T @ da_out))


@wrong(ex.check_residual_backward, "inner ψ′ forgotten")
def forgets_the_inner_mask(da_out, a, W1, b1, W2, b2):
    _, z2 = back(da_out, a, W1, b1, W2, b2)
    ds = da_out * (z2 + a > 0)
    return ds + W1.T @ (W2.T @ ds)


@wrong(ex.check_residual_backward, "ψ′ at the wrong place")
def asks_z2(da_out, a, W1, b1, W2, b2):
    z1, z2 = back(da_out, a, W1, b1, W2, b2)
    ds = da_out * (z2 > 0)
    return ds + W1.T @ ((z1 > 0) * (W2.T @ ds))


@wrong(ex.check_residual_backward, "inner ψ′ too late")
def without_parentheses(da_out, a, W1, b1, W2, b2):
    z1, z2 = back(da_out, a, W1, b1, W2, b2)
    ds = da_out * (z2 + a > 0)
    return ds + W1.T @ W2.T @ ds * (z1 > 0)


@wrong(ex.check_residual_backward, "bias forgotten")
def biases_have_no_gradient_here(da_out, a, W1, b1, W2, b2):
    z1 = W1 @ a
    ds = da_out * (W2 @ relu(z1) + a > 0)
    return ds + W1.T @ (W2.T @ ds * (z1 > 0))


@wrong(ex.check_residual_backward, "order of the layers")
def first_layer_first(da_out, a, W1, b1, W2, b2):
    z1, z2 = back(da_out, a, W1, b1, W2, b2)
    ds = da_out * (z2 + a > 0)
    return ds + W2.T @ ((z1 > 0) * (W1.T @ ds))


@wrong(ex.check_residual_backward, "W not transposed")
def forward_matrices(da_out, a, W1, b1, W2, b2):
    z1, z2 = back(da_out, a, W1, b1, W2, b2)
    ds = da_out * (z2 + a > 0)
    return ds + W1 @ ((z1 > 0) * (W2 @ ds))


# ---- 4 the stages of ResNet-18 ------------------------------------------------------------------
right(ex.check_resnet18_stages)([147_968, 525_568, 2_099_712, 8_393_728])
wrong(ex.check_resnet18_stages, "batch normalisation forgotten")(
    [147_456, 524_288, 2_097_152, 8_388_608]
)
wrong(ex.check_resnet18_stages, "bias counted")(
    [n + 64 * k for n, k in zip(ex.check_resnet18_stages.right, (4, 10, 20, 40), strict=True)]
)
wrong(ex.check_resnet18_stages, "W_s forgotten")(
    [147_968, 525_568 - 8448, 2_099_712 - 33_280, 8_393_728 - 132_096]
)
wrong(ex.check_resnet18_stages, "batch normalisation of W_s forgotten")(
    [147_968, 525_568 - 256, 2_099_712 - 512, 8_393_728 - 1024]
)
wrong(ex.check_resnet18_stages, "all alike")([147_968, 599_296, 2_394_624, 9_573_376])
wrong(ex.check_resnet18_stages, "W_s in stage 1")([152_192, 525_568, 2_099_712, 8_393_728])
wrong(ex.check_resnet18_stages, "γ without β")([147_712, 524_928, 2_098_432, 8_391_168])
wrong(ex.check_resnet18_stages, "running means counted")([148_480, 526_848, 2_102_272, 8_398_848])


# ---- 5 what a block costs -----------------------------------------------------------------------
@right(ex.check_inception_cost)
def six_convolutions(n_H, n_W, n_C, widths):
    n1, (r3, n3), (r5, n5), n_pool = widths
    weights = n_C * (n1 + r3 + r5 + n_pool) + 9 * r3 * n3 + 25 * r5 * n5
    biases = n1 + r3 + n3 + r5 + n5 + n_pool
    return weights + biases, n_H * n_W * weights


@wrong(ex.check_inception_cost, "library used")
def ask_the_block(n_H, n_W, n_C, widths):
    block = inception_block(n_C, *widths, rng=np.random.default_rng(0))
    seen = blocks.Sequential(block).summary((n_H, n_W, n_C))
    return [seen.parameters, seen.multiply_adds]


def tally(n_H, n_W, triples, bias=True):
    weights = sum(f * f * c * n for f, c, n in triples)
    return weights + bias * sum(n for _, _, n in triples), n_H * n_W * weights


@wrong(ex.check_inception_cost, "behind the pooling forgotten")
def pooling_is_free(n_H, n_W, n_C, widths):
    n1, (r3, n3), (r5, n5), _ = widths
    chain = [(1, n_C, n1), (1, n_C, r3), (3, r3, n3), (1, n_C, r5), (5, r5, n5)]
    return tally(n_H, n_W, chain)


@wrong(ex.check_inception_cost, "1×1 branch forgotten")
def three_branches(n_H, n_W, n_C, widths):
    return tally(n_H, n_W, all_six(n_C, widths)[1:])


@wrong(ex.check_inception_cost, "behind the pooling")
def pooling_reduces(n_H, n_W, n_C, widths):
    return tally(n_H, n_W, [*all_six(n_C, widths)[:-1], (1, widths[3], widths[3])])


@wrong(ex.check_inception_cost, "multiplications and additions counted")
def counts_operations(n_H, n_W, n_C, widths):
    parameters, work = tally(n_H, n_W, all_six(n_C, widths))
    return parameters, 2 * work


@wrong(ex.check_inception_cost, "reductions not counted")
def reductions_are_free(n_H, n_W, n_C, widths):
    n1, (r3, n3), (r5, n5), n_pool = widths
    return tally(n_H, n_W, [(1, n_C, n1), (3, r3, n3), (5, r5, n5), (1, n_C, n_pool)])


@wrong(ex.check_inception_cost, "reductions not used")
def naive_block(n_H, n_W, n_C, widths):
    n1, (_, n3), (_, n5), n_pool = widths
    return tally(n_H, n_W, [(1, n_C, n1), (3, n_C, n3), (5, n_C, n5), (1, n_C, n_pool)])


def all_six(n_C, widths):
    n1, (r3, n3), (r5, n5), n_pool = widths
    chain = [(1, n_C, n1), (1, n_C, r3), (3, r3, n3)]
    return [*chain, (1, n_C, r5), (5, r5, n5), (1, n_C, n_pool)]


@wrong(ex.check_inception_cost, "bias forgotten")
def weights_only(n_H, n_W, n_C, widths):
    return tally(n_H, n_W, all_six(n_C, widths), bias=False)


@wrong(ex.check_inception_cost, "bias counted as work")
def all_parameters_work(n_H, n_W, n_C, widths):
    parameters, _ = tally(n_H, n_W, all_six(n_C, widths))
    return parameters, n_H * n_W * parameters


@wrong(ex.check_inception_cost, "f for f²")
def filters_are_rows(n_H, n_W, n_C, widths):
    weights = sum(f * c * n for f, c, n in all_six(n_C, widths))
    return weights + sum(n for _, _, n in all_six(n_C, widths)), n_H * n_W * weights


@wrong(ex.check_inception_cost, "places forgotten")
def once(n_H, n_W, n_C, widths):
    return tally(1, 1, all_six(n_C, widths))


@wrong(ex.check_inception_cost, "order swapped")
def work_first(n_H, n_W, n_C, widths):
    return tuple(reversed(six_convolutions(n_H, n_W, n_C, widths)))


# ---- 6 a budget ---------------------------------------------------------------------------------
right(ex.check_reductions)([60, 15])
wrong(ex.check_reductions, "too much work")([68, 17])  # the reductions' own work forgotten
wrong(ex.check_reductions, "too much work")([72, 18])  # all but the two branches forgotten
wrong(ex.check_reductions, "not the largest")([56, 14])
wrong(ex.check_reductions, "not 4 to 1")([96, 16])
wrong(ex.check_reductions, "not whole")([60.53, 15.13])
wrong(ex.check_reductions, "no number")([np.nan, 15])
wrong(ex.check_reductions, "too much work")([4e12, 1e12])
wrong(ex.check_reductions, "shape")([60])
