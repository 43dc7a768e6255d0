"""Two policies on shoppers whose tastes were planted: A/B, interleaving and the log of the other all name the better one.

The policies see only the simulated shop's events. What shoppers click follows from `truth/`, which no policy reads, so the true
worth of every list is known and the estimates can be held to it.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marketplace.experiments import Arm, Experiment, team_draft
from marketplace.simulation import generate, words
from marketplace.simulation.catalog import category_id
from marketplace.vocabulary import ExperimentKind
from models.metrics.experiments import difference, preference, rate, sample_ratio
from models.metrics.position_bias import fit_examination
from models.recommendation.off_policy import compare, estimate

CUSTOMERS, PLACES, VISITS, DRAWS = 600, 10, 6, 30
LOOKED = np.linspace(1.0, 0.3, PLACES)  # how likely each place is looked at
POPULAR, PERSONAL = 0, 1


@dataclass(frozen=True)
class Town:
    """Customers × products: how likely each likes each, and the scores of both policies, best first by score."""

    customer_ids: list[str]
    liking: NDArray[np.float64]
    scores: tuple[NDArray[np.float64], NDArray[np.float64]]

    def lists(self, policy: int) -> NDArray[np.intp]:
        """The best products of every customer."""
        return np.argsort(-self.scores[policy], axis=1, kind="stable")[:, :PLACES]

    def worth(self, policy: int) -> float:
        """Expected clicks per impression."""
        liked = np.take_along_axis(self.liking, self.lists(policy), axis=1)
        return float((liked * LOOKED).mean())


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town")
    generate(CUSTOMERS, 45, 23, datetime(2026, 11, 20, tzinfo=UTC), folder)
    truth = pl.read_parquet(folder / "truth/customers.parquet").sort("customer_id")
    products = pl.read_parquet(folder / "products.parquet").sort("product_id")
    events = pl.read_parquet(folder / "events.parquet").filter(pl.col("event_type") == "product_view")
    leaf = {category_id(one.path): spot for spot, one in enumerate(words.LEAVES)}
    leaf_of = np.array([leaf[category] for category in products["category_id"]])
    preferences = np.array(truth["preferences"].to_list())
    customer_row = {name: row for row, name in enumerate(truth["customer_id"])}
    product_row = {name: row for row, name in enumerate(products["product_id"])}
    views = np.zeros((len(customer_row), len(product_row)))
    for customer, product in events.select("customer_id", "product_id").drop_nulls().iter_rows():
        if customer in customer_row:
            views[customer_row[customer], product_row[product]] += 1
    fame = np.log1p(views.sum(axis=0))
    in_leaf = np.stack([views[:, leaf_of == one].sum(axis=1) for one in range(len(words.LEAVES))], axis=1)
    taste = (in_leaf + 0.2) / (in_leaf + 0.2).sum(axis=1, keepdims=True)
    popular = np.broadcast_to(fame, views.shape)
    return Town(
        customer_ids=truth["customer_id"].to_list(),
        liking=0.01 + 0.6 * preferences[:, leaf_of],
        scores=(popular, taste[:, leaf_of] * (fame + 0.1)),
    )


def clicks_on(town: Town, shown: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Whether each place of each customer's list was clicked."""
    return rng.random(shown.shape) < LOOKED[: shown.shape[1]] * np.take_along_axis(town.liking, shown, axis=1)


def test_the_personal_policy_is_truly_better(town: Town) -> None:
    assert town.worth(PERSONAL) > 1.2 * town.worth(POPULAR)


def test_an_ab_experiment_finds_the_better_policy_and_by_how_much(town: Town) -> None:
    arms = (Arm("popular", "champion", 0.5), Arm("personal", "challenger", 0.5))
    experiment = Experiment("e", "for_you", ExperimentKind.AB, "town", arms)
    is_treated = np.array([experiment.arm_of(one).name == "personal" for one in town.customer_ids])
    shown = np.where(is_treated[:, None], town.lists(PERSONAL), town.lists(POPULAR))
    rng = np.random.default_rng(1)
    clicks = sum(clicks_on(town, shown, rng).sum(axis=1) for _ in range(VISITS))
    seen = np.full(CUSTOMERS, PLACES * VISITS)
    assert not sample_ratio([(~is_treated).sum(), is_treated.sum()], [0.5, 0.5]).is_mismatch
    found = difference((clicks[is_treated], seen[is_treated]), (clicks[~is_treated], seen[~is_treated]))
    assert found.p_value < 0.001
    assert found.metric.low is not None
    assert found.metric.high is not None
    assert 0 < found.metric.low < town.worth(PERSONAL) - town.worth(POPULAR) < found.metric.high


def test_interleaving_finds_it_with_one_visit_of_a_quarter_of_the_customers(town: Town) -> None:
    coins, rng = random.Random(5), np.random.default_rng(2)
    lists = town.lists(POPULAR), town.lists(PERSONAL)
    credit = np.zeros((CUSTOMERS // 4, 2))
    for customer in range(CUSTOMERS // 4):
        both = [[str(one) for one in lists[policy][customer]] for policy in (POPULAR, PERSONAL)]
        for place, (product, team) in enumerate(team_draft(*both, rng=coins)[:PLACES]):
            is_clicked = rng.random() < LOOKED[place] * town.liking[customer, int(product)]
            if team is not None and is_clicked:
                credit[customer, team] += 1
    found = preference(credit[:, POPULAR], credit[:, PERSONAL])
    assert found.p_value < 0.05
    assert found.metric.low is not None
    assert found.metric.low > 0


@pytest.mark.parametrize("ran", [POPULAR, PERSONAL])
def test_the_log_of_either_policy_finds_it(town: Town, ran: int) -> None:
    """One place was drawn among 12 products that `ran` thinks well of; each policy would have put its best of them there."""
    rng = np.random.default_rng(3)
    who = np.repeat(np.arange(CUSTOMERS), DRAWS)
    alternatives = np.argsort(rng.random((len(who), town.liking.shape[1])), axis=1)[:, :12]
    scores = [np.take_along_axis(town.scores[policy][who], alternatives, axis=1) for policy in (POPULAR, PERSONAL)]
    liking = np.take_along_axis(town.liking[who], alternatives, axis=1)
    ranked = scores[ran] - scores[ran].max(axis=1, keepdims=True)
    chances = 0.5 / 12 + 0.5 * np.exp(ranked) / np.exp(ranked).sum(axis=1, keepdims=True)
    drawn = (rng.random((len(who), 1)) < chances.cumsum(axis=1)).argmax(axis=1)
    row = np.arange(len(who))
    rewards = rng.random(len(who)) < LOOKED[5] * liking[row, drawn]
    best = [score.argmax(axis=1) for score in scores]
    agrees = [choice == drawn for choice in best]
    true = [float((LOOKED[5] * liking[row, choice]).mean()) for choice in best]
    gap = compare(rewards, chances[row, drawn], agrees[PERSONAL], agrees[POPULAR], units=who)
    assert gap.low is not None
    assert gap.high is not None
    assert 0 < gap.low < true[PERSONAL] - true[POPULAR] < gap.high
    other = estimate(rewards, chances[row, drawn], agrees[1 - ran], units=who)
    assert other.snips.low is not None
    assert other.snips.high is not None
    assert other.snips.low < true[1 - ran] < other.snips.high
    assert 0 < other.effective_size < len(who)


def test_click_rates_of_the_first_place_are_told_from_those_of_the_last(town: Town) -> None:
    """Places are fitted over both policies' lists in random order half of the time; the better policy stays better."""
    rng = np.random.default_rng(4)
    products, places, clicked, policies = [], [], [], []
    for policy in (POPULAR, PERSONAL):
        for _ in range(VISITS):
            shown = rng.permuted(town.lists(policy), axis=1)
            clicked.append(clicks_on(town, shown, rng).ravel())
            products.append(shown.ravel())
            places.append(np.tile(np.arange(1, PLACES + 1), CUSTOMERS))
            policies.append(np.full(shown.size, policy))
    place, click, policy = np.concatenate(places), np.concatenate(clicked), np.concatenate(policies)
    found = fit_examination(np.concatenate(products), place, click)
    assert found.probabilities == pytest.approx(LOOKED, abs=0.08)
    seen = found.of(place)
    assert rate(click[policy == PERSONAL], seen[policy == PERSONAL]).value == pytest.approx(
        float(np.take_along_axis(town.liking, town.lists(PERSONAL), axis=1).mean()), rel=0.12
    )
