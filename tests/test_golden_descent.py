"""Golden vectors: what descent.js computes in a real browser is what cnnlib.optim computes."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import ROOT, serve

from cnnlib.gradcheck import numerical_gradient
from cnnlib.widgets import DescentExplorer
from cnnlib.widgets.descent_explorer import EXAMPLES, FAR, STEPS, SURFACES, shuffled

RULES = ["SGD", "Momentum", "Nesterov", "RMSProp", "Adam"]
WISHES = ("surface", "rule", "rate", "momentum", "batch_size", "seed", "start")


@pytest.fixture(scope="module")
def descent(browser):
    """Calls of descent.js as it stands, an ES module: descent("shuffled", [arguments, …])."""
    server, url = serve(ROOT / "cnnlib" / "widgets")
    page = browser.new_page()
    page.goto(f"{url}/descent.js")

    def call_each(name, cases):
        script = """async ([url, name, cases]) => {
            const descent = await import(url);
            // through JSON: one array in two places is then two arrays
            return JSON.parse(JSON.stringify(cases.map((args) => descent[name](...args))));
        }"""
        return page.evaluate(script, [f"{url}/descent.js", name, cases])

    yield call_each
    page.close()
    server.shutdown()
    server.server_close()


def test_the_order_of_the_examples(descent):
    cases = [[seed, epoch] for seed in (0, 1, 7, 999) for epoch in (0, 1, 2, 119)]
    orders = descent("shuffled", cases)
    assert orders == [shuffled(*case) for case in cases]
    assert all(sorted(order) == list(range(EXAMPLES)) for order in orders)
    assert len({tuple(order) for order in orders}) == len(orders)


@pytest.mark.parametrize("surface", SURFACES)
def test_the_paths_are_cnnlibs(descent, surface):
    """Every rule, whole batches and small ones, gentle rates and one that runs away."""
    rng, explorers = np.random.default_rng(0), []
    for rule in RULES:
        for rate in (0.005, 0.05, 0.3 if rule in ("RMSProp", "Adam") else 5):
            for batch_size in (64, 16, 1):
                start = (rng.uniform(-1, 1, 2) * (4, 3)).round(2)
                momentum, seed = float(rng.choice([0, 0.5, 0.9])), int(rng.integers(1000))
                explorers.append(
                    DescentExplorer(
                        surface, rule, rate=rate, start=start,
                        momentum=momentum, batch_size=batch_size, seed=seed,
                    )
                )  # fmt: skip
    cases = [[{n: getattr(e, n) for n in WISHES}, e.tilts] for e in explorers]
    ended = set()
    for explorer, run in zip(explorers, descent("descend", cases), strict=True):
        path = explorer.path
        np.testing.assert_allclose(np.array(run["points"], float), path, rtol=1e-7, atol=1e-7)
        costs = np.array(run["costs"], float)  # some are integers beyond 64 bits
        np.testing.assert_allclose(costs, explorer.costs, rtol=1e-6, atol=1e-7)
        assert len(run["steps"]) == len(path) - 1 <= STEPS
        d = np.array([step["d"] for step in run["steps"]], float)
        np.testing.assert_allclose(path[:-1] - explorer.rate * d, path[1:], rtol=1e-6, atol=1e-6)
        ended.add(np.abs(path[-1]).max() > FAR)
    assert ended == {True, False}


@pytest.mark.parametrize("surface", SURFACES)
def test_the_slopes_are_derivatives_and_the_least_cost_is_zero(surface):
    def J(theta):
        return SURFACES[surface](*theta)[0]

    for theta in np.random.default_rng(1).uniform(-3, 3, (20, 2)):
        slope = SURFACES[surface](*theta)[1:]
        np.testing.assert_allclose(numerical_gradient(J, theta), slope, rtol=1e-6, atol=1e-6)
    lowest = {"bowl": [(0, 0)], "saddle": [(0, 2), (0, -2)], "valley": [(2, 0)]}[surface]
    assert all(SURFACES[surface](*theta) == (0, 0, 0) for theta in lowest)


def test_the_tilts_cancel_and_a_batch_sees_their_mean():
    explorer = DescentExplorer(batch_size=16, seed=3)
    np.testing.assert_allclose(np.sum(explorer.tilts, axis=0), 0, atol=1e-12)
    epoch = [explorer.tilt(t) for t in range(4, 8)]
    np.testing.assert_allclose(np.mean(epoch, axis=0), 0, atol=1e-12)
    assert np.abs(epoch).min() > 0
    explorer.batch_size = 64
    assert explorer.tilt(5).tolist() == [0, 0]


def test_when_gradient_descent_diverges_on_the_bowl():
    """y ← (1 − 10η)y: it grows if η > 2/10, and vanishes at once if η = 1/10."""
    for rate, end in [(0.19, 0), (0.1, 0), (0.21, np.inf)]:
        last = np.abs(DescentExplorer(rate=rate).path[-1])
        assert (last[1] > FAR) == (end == np.inf)
    assert DescentExplorer(rate=0.1).path[1][1] == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rate", 0, "rate must be above 0 and at most 10"),
        ("rate", np.nan, "rate must hold finite numbers"),
        ("momentum", 0.7, "momentum must be one of"),
        ("start", [5, 0], "start must be x from −4 to 4"),
        ("start", [1], "start must be x from −4 to 4"),
        ("rule", "AdamW", "rule must be 'SGD'"),
        ("surface", "hill", "surface must be 'bowl'"),
        ("batch_size", 3, "batch_size must be 64"),
        ("seed", -1, "seed must be an integer"),
    ],
)
def test_what_it_refuses(name, value, words):
    explorer = DescentExplorer()
    with pytest.raises(Exception, match=f"^DescentExplorer: {words}"):
        setattr(explorer, name, value)
    assert repr(explorer) == "DescentExplorer(bowl, SGD, learning rate 0.05, batches of 64)"
