"""Optimizers, by hand and step by step against PyTorch; schedules; what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlib.optim import (
    SGD,
    Adam,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
    constant,
    cosine,
    step_decay,
    warm_up,
)

EVERY = [
    SGD(0.1),
    Momentum(0.1, 0.8),
    Nesterov(0.1, 0.8),
    RMSProp(0.01, 0.95),
    Adam(0.01, 0.8, 0.95),
]


def fresh(optimizer: Optimizer) -> Optimizer:
    """An unused one with the same settings."""
    settings = {k: v for k, v in vars(optimizer).items() if k not in {"schedule", "steps"}}
    settings.pop("_memory")
    return type(optimizer)(**settings)


every_optimizer = pytest.mark.parametrize("optimizer", EVERY, ids=lambda o: type(o).__name__)


def walk(optimizer, theta, gradients):
    """θ after each step."""
    params, path = {"w": np.array(theta, np.float64)}, []
    for g in gradients:
        optimizer.step(params, {"w": np.array(g, np.float64)})
        path.append(params["w"].copy())
    return np.array(path)


# ---- by hand: θ = (1, −2), gradients (2, −4) and then (1, 1) ---------------------------------
@pytest.mark.parametrize(
    ("optimizer", "first", "second"),
    [
        (SGD(0.5), [0.0, 0.0], [-0.5, -0.5]),
        # v = (2, −4), then (0.5·2 + 1, 0.5·(−4) + 1)
        (Momentum(0.5, 0.5), [0.0, 0.0], [-1.0, 0.5]),
        # d = g + 0.5·v = (3, −6), then (1 + 0.5·2, 1 + 0.5·(−1))
        (Nesterov(0.5, 0.5), [-0.5, 1.0], [-1.5, 0.75]),
        # v = 0.25·g² = (1, 4), d = (2, −2); then v = (0.75·1 + 0.25, 0.75·4 + 0.25), d = 1/√v
        (RMSProp(0.5, 0.75), [0.0, -1.0], [-0.5, -1.0 - 0.5 / np.sqrt(3.25)]),
        # d = ±1; then m̂ = (0.5·1 + 0.5, 0.5·(−2) + 0.5)/0.75, v̂ = (0.75 + 0.25, 3 + 0.25)/0.4375
        (
            Adam(0.5, 0.5, 0.75),
            [0.5, -1.5],
            [
                0.5 - 0.5 * (1 / 0.75) / np.sqrt(1 / 0.4375),
                -1.5 + 0.5 * (0.5 / 0.75) / np.sqrt(3.25 / 0.4375),
            ],
        ),
        # 0.5·0.2 of θ less, at both steps: 0.9·1 − 0.5·2, and then 0.9·(−0.1) − 0.5·1
        (SGD(0.5, weight_decay=0.2), [-0.1, 0.2], [-0.59, -0.32]),
        # the decay does not go through v
        (Momentum(0.5, 0.5, weight_decay=0.2), [-0.1, 0.2], [-1.09, 0.68]),
        (Adam(0.5, 0.5, 0.75, weight_decay=0.2), [0.4, -1.3], None),
    ],
    ids=repr,
)
def test_two_steps_by_hand(optimizer, first, second):
    path = walk(optimizer, [1.0, -2.0], [[2.0, -4.0], [1.0, 1.0]])
    np.testing.assert_allclose(path[0], first, atol=1e-7)
    if second is not None:
        np.testing.assert_allclose(path[1], second, atol=1e-7)


def torch_twins():
    torch = pytest.importorskip("torch")
    o = torch.optim
    return {
        "SGD": (SGD(0.1), lambda p: o.SGD(p, 0.1)),
        "SGD, decay": (SGD(0.1, 0.05), lambda p: o.SGD(p, 0.1, weight_decay=0.05)),
        "Momentum": (Momentum(0.1, 0.8), lambda p: o.SGD(p, 0.1, momentum=0.8)),
        "Nesterov": (Nesterov(0.1, 0.8), lambda p: o.SGD(p, 0.1, momentum=0.8, nesterov=True)),
        "RMSProp": (RMSProp(0.01, 0.95), lambda p: o.RMSprop(p, 0.01, alpha=0.95)),
        "Adam": (Adam(0.01), lambda p: o.Adam(p, 0.01)),
        "Adam, betas": (Adam(0.01, 0.7, 0.9), lambda p: o.Adam(p, 0.01, betas=(0.7, 0.9))),
        "AdamW": (Adam(0.01, weight_decay=0.3), lambda p: o.AdamW(p, 0.01, weight_decay=0.3)),
    }


@pytest.mark.parametrize(
    "name",
    ["SGD", "SGD, decay", "Momentum", "Nesterov", "RMSProp", "Adam", "Adam, betas", "AdamW"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_step_is_pytorchs(name, dtype):
    torch = pytest.importorskip("torch")
    optimizer, make = torch_twins()[name]
    rng = np.random.default_rng(0)
    shapes = {"0.W": (3, 2, 4, 5), "0.b": (5,), "one": ()}
    params = {key: rng.standard_normal(shape).astype(dtype) for key, shape in shapes.items()}
    theirs = {key: torch.tensor(w.copy(), requires_grad=True) for key, w in params.items()}
    twin = make(list(theirs.values()))
    for step in range(50):
        # of every size, some of them zero
        grads = {
            key: (rng.standard_normal(w.shape) * 10.0 ** rng.integers(-4, 3)).astype(dtype)
            for key, w in params.items()
        }
        grads["0.W"][0] = 0
        for key, tensor in theirs.items():
            tensor.grad = torch.tensor(grads[key])
        optimizer.step(params, grads)
        twin.step()
        for key, w in params.items():
            assert w.dtype == dtype
            rtol = 1e-4 if dtype == np.float32 else 1e-11
            np.testing.assert_allclose(
                w, theirs[key].detach().numpy(), rtol, rtol, err_msg=f"{key} at step {step}"
            )


def test_a_new_rate_scales_what_momentum_has_gathered():
    """As in PyTorch, and unlike algorithm 8.2, where the old rate is inside of v."""
    path = walk(Momentum(lambda t: [1.0, 0.1][t], 0.5), [0.0], [[1.0], [0.0]])
    np.testing.assert_allclose(path[:, 0], [-1.0, -1.05])


def test_weight_decay_of_sgd_is_the_gradient_of_a_penalty():
    decay = walk(SGD(0.1, weight_decay=0.3), [2.0], [[1.0]])
    penalty = walk(SGD(0.1), [2.0], [[1.0 + 0.3 * 2.0]])
    np.testing.assert_allclose(decay, penalty)


def test_a_decay_is_a_penalty_times_what_momentum_makes_of_it():
    """The docstring's λ/(1 − μ): both come to rest at the same θ, where the cost is (θ − 1)²/2."""
    ends = []
    for decay, penalty in [(0.01 / (1 - 0.9), 0.0), (0.0, 0.01)]:
        params, optimizer = {"w": np.array([3.0])}, Momentum(0.01, 0.9, weight_decay=decay)
        for _ in range(5000):
            optimizer.step(params, {"w": params["w"] - 1 + penalty * params["w"]})
        ends.append(params["w"][0])
    assert ends == pytest.approx([1 / 1.01] * 2, rel=1e-6)


@every_optimizer
@pytest.mark.parametrize("weight_decay", [0.0, np.float64(0.01)])
@pytest.mark.parametrize("rate", [0.1, np.float64(0.1), np.float32(0.1), lambda t: np.float64(0.1)])
def test_float32_stays_float32_and_arrays_stay_the_same_objects(optimizer, rate, weight_decay):
    optimizer = type(optimizer)(rate, weight_decay=weight_decay)
    w = np.ones((3, 2), np.float32)
    params = {"w": w}
    for _ in range(3):
        g = np.full((3, 2), 0.5, np.float32)
        g.setflags(write=False)
        before = w.copy()
        optimizer.step(params, {"w": g})
        assert params["w"] is w
        assert w.dtype == np.float32
        assert (w < before).all()
    assert all(m.dtype == np.float32 for _, kept in optimizer._memory.values() for m in kept)


@pytest.mark.parametrize("rate", [0.1, np.float64(0.1), lambda t: np.float64(0.1)])
def test_nothing_between_is_float64_either(rate):
    """It would be rounded once instead of twice, so some last digits would differ."""
    rng = np.random.default_rng(0)
    w, g = rng.standard_normal((2, 10_000), dtype=np.float32)
    expected = w - 0.1 * g
    assert expected.dtype == np.float32
    SGD(rate).step({"w": w}, {"w": g})
    np.testing.assert_array_equal(w, expected)


@every_optimizer
def test_every_optimizer_finds_the_bottom_of_a_bowl(optimizer):
    optimizer = fresh(optimizer)
    params = {"w": np.array([3.0, -2.0])}
    for _ in range(3000):
        optimizer.step(params, {"w": np.array([1.0, 10.0]) * params["w"]})
    assert np.abs(params["w"]).max() < 0.02


@every_optimizer
def test_no_two_parameters_and_no_two_optimizers_share_what_is_remembered(optimizer):
    together, alone = fresh(optimizer), fresh(optimizer)
    both = {"a": np.ones(2), "b": np.ones(2)}
    one = {"b": np.ones(2)}
    for k in range(3):
        g = np.full(2, 1.0 + k)
        together.step(both, {"a": -7 * g, "b": g})
        alone.step(one, {"b": g})
    np.testing.assert_array_equal(both["b"], one["b"])


def test_a_parameter_that_is_left_out_stays():
    w, frozen = np.ones(2), np.ones(2)
    SGD(0.1).step({"w": w}, {"w": np.ones(2), "frozen": np.ones(2)})
    np.testing.assert_array_equal(frozen, 1)
    np.testing.assert_allclose(w, 0.9)


def test_the_steps_are_counted_and_given_to_the_schedule():
    seen = []
    optimizer = Adam(lambda t: seen.append(t) or 0.1)
    walk(optimizer, [1.0], [[1.0]] * 3)
    assert seen == [0, 1, 2]
    assert optimizer.steps == 3


# ---- schedules -------------------------------------------------------------------------------
def rates(schedule, steps):
    return [schedule(t) for t in steps]


def test_schedules_by_hand():
    assert rates(constant(0.3), (0, 10**9)) == [0.3, 0.3]
    assert rates(step_decay(1.0, 2, 0.5), range(6)) == [1, 1, 0.5, 0.5, 0.25, 0.25]
    eighths = [2, 1 + 0.5**0.5, 1, 1 - 0.5**0.5, 0, 0]
    assert rates(cosine(2.0, 4), range(6)) == pytest.approx(eighths)
    assert rates(cosine(2.0, 2, final=1.0), range(4)) == pytest.approx([2, 1.5, 1, 1])
    assert rates(warm_up(4, 2.0), range(6)) == [0.5, 1, 1.5, 2, 2, 2]
    assert rates(warm_up(2, cosine(2.0, 2)), range(5)) == pytest.approx([1, 2, 2, 1, 0])


def test_schedules_give_pythons_floats():
    """One of NumPy's would make float64 of float32 arrays."""
    eighth = np.float64(0.125)
    for schedule in (
        constant(eighth),
        step_decay(eighth, np.int64(3), np.float32(0.5)),
        cosine(eighth, 9, eighth / 2),
        warm_up(3, eighth),
    ):
        assert {type(schedule(t)) for t in range(12)} == {float}


def test_schedules_are_pytorchs():
    torch = pytest.importorskip("torch")
    lr = torch.optim.lr_scheduler
    for ours, make in [
        (step_decay(0.3, 7, 0.2), lambda o: lr.StepLR(o, 7, 0.2)),
        (cosine(0.3, 20, 0.01), lambda o: lr.CosineAnnealingLR(o, 20, 0.01)),
        (warm_up(5, 0.3), lambda o: lr.LinearLR(o, 0.2, 1.0, 4)),
    ]:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.3)
        theirs = make(optimizer)
        for t in range(20):
            assert ours(t) == pytest.approx(theirs.get_last_lr()[0], abs=1e-12)
            optimizer.step()
            theirs.step()


def test_repr():
    assert repr(SGD(0.1)) == "SGD(0.1)"
    assert repr(Adam(cosine(0.004, 100), weight_decay=1e-4)) == "Adam(cosine, weight_decay=0.0001)"
    assert repr(Momentum(warm_up(5, 0.1))) == "Momentum(warm_up)"
    assert " at 0x" not in repr(SGD(lambda t: 0.1))


# ---- what is refused -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: SGD(0), ValueError, r"SGD: learning_rate is 0, .* step .*\(0, ∞\)"),
        (lambda: SGD(-0.1), ValueError, "SGD: learning_rate is -0.1"),
        (lambda: Adam(np.nan), ValueError, "Adam: learning_rate is nan"),
        (lambda: Adam(np.inf), ValueError, "Adam: learning_rate is inf"),
        (lambda: Adam("0.1"), TypeError, "Adam: learning_rate is '0.1' of type str"),
        (lambda: Adam(True), TypeError, "Adam: learning_rate is True of type bool"),
        (lambda: Adam(None), TypeError, "Adam: learning_rate is None"),
        (lambda: SGD(0.1, -1), ValueError, "SGD: weight_decay is -1"),
        (lambda: SGD(0.1, np.inf), ValueError, "SGD: weight_decay is inf"),
        (lambda: Momentum(0.1, 1), ValueError, r"Momentum: momentum is 1, .* \[0, 1\)"),
        (lambda: Momentum(0.1, -0.1), ValueError, "Momentum: momentum is -0.1"),
        (lambda: Nesterov(0.1, 1.5), ValueError, "Nesterov: momentum is 1.5"),
        (lambda: Nesterov(0.1, "a"), TypeError, "Nesterov: momentum is 'a'"),
        (lambda: RMSProp(0.1, 1.0), ValueError, "RMSProp: beta is 1.0"),
        (lambda: RMSProp(0.1, eps=0), ValueError, "RMSProp: eps is 0"),
        (lambda: Adam(0.1, 1.0), ValueError, "Adam: beta1 is 1.0"),
        (lambda: Adam(0.1, 0.9, 1.0), ValueError, "Adam: beta2 is 1.0"),
        (lambda: Adam(0.1, eps=-1), ValueError, "Adam: eps is -1"),
        (lambda: constant(0), ValueError, "constant: rate is 0"),
        (lambda: step_decay(0.1, 0), ValueError, "step_decay: every is 0"),
        (lambda: step_decay(0.1, 2.5), TypeError, "step_decay: every is 2.5"),
        (lambda: step_decay(0.1, 2, 0), ValueError, "step_decay: factor is 0"),
        (lambda: cosine(-1, 3), ValueError, "cosine: rate is -1"),
        (lambda: cosine(1, 0), ValueError, "cosine: steps is 0"),
        (lambda: cosine(1, 3, -1), ValueError, "cosine: final is -1"),
        (lambda: warm_up(0, 0.1), ValueError, "warm_up: steps is 0"),
        (lambda: warm_up(3, 0.0), ValueError, "rate is 0.0"),
        (lambda: warm_up(3, "cosine"), TypeError, "rate is 'cosine'"),
    ],
)
def test_bad_settings(make, error, words):
    with pytest.raises(error, match=words):
        make()


ONES = np.ones(2)
READ_ONLY = np.ones(2)
READ_ONLY.setflags(write=False)


@pytest.mark.parametrize(
    ("params", "grads", "error", "words"),
    [
        ({"b": ONES}, {}, ValueError, r"SGD.step: the gradient of b is missing, but b has .* \(2,"),
        ({"b": ONES}, {"b": np.ones((1, 2))}, ValueError, r"of b has shape \(1, 2\), but b has"),
        ({"b": ONES}, {"b": 1.0}, ValueError, r"the gradient of b has shape \(\)"),
        ({"b": np.int64([0, 1])}, {"b": ONES}, TypeError, "parameter b is int64"),
        ({"b": [1.0, 2.0]}, {"b": ONES}, TypeError, "parameter b is list"),
        ({"b": 1.0}, {"b": 1.0}, TypeError, "parameter b is float"),
        ({"b": READ_ONLY}, {"b": ONES}, TypeError, "parameter b is read-only"),
    ],
)
def test_bad_arrays_are_refused_and_nothing_is_changed(params, grads, error, words):
    good = np.ones(3)
    optimizer = SGD(0.1)
    with pytest.raises(error, match=words):
        optimizer.step({"a": good, **params}, {"a": np.ones(3), **grads})
    np.testing.assert_array_equal(good, 1)
    assert optimizer.steps == 0


@pytest.mark.parametrize(
    ("rate", "error"), [(-1.0, ValueError), (np.nan, ValueError), ("a", TypeError)]
)
def test_a_schedule_that_gives_no_rate(rate, error):
    w = np.ones(1)
    with pytest.raises(error, match=r"Adam\.step: the learning rate is"):
        Adam(lambda t: rate).step({"w": w}, {"w": np.ones(1)})
    np.testing.assert_array_equal(w, 1)


def test_one_optimizer_cannot_serve_two_models():
    optimizer = Momentum(0.1)
    optimizer.step({"0.W": np.ones(2)}, {"0.W": np.ones(2)})
    with pytest.raises(
        ValueError, match=r"0\.W is another array .* a new optimizer for every mode"
    ):
        optimizer.step({"0.W": np.ones(2)}, {"0.W": np.ones(2)})


def test_an_optimizer_of_ones_own_writes_its_direction():
    class Sign(Optimizer):
        remembers = ("count",)

        def direction(self, g, memory):
            (count,) = memory
            count += 1
            return np.sign(g) / count

    path = walk(Sign(1.0), [5.0, 5.0], [[100.0, -0.01]] * 2)
    np.testing.assert_allclose(path, [[4.0, 6.0], [3.5, 6.5]])
    with pytest.raises(NotImplementedError, match="Optimizer has no direction"):
        walk(Optimizer(0.1), [1.0], [[1.0]])
