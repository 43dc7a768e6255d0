"""What customers take next: figures worked by hand, who is judged, and what order and seed may change."""

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.own_table import recommendation_stages
from models.own_table.interactions import Interactions
from models.own_table.recommendation import InteractionColumns, asked_columns, evaluate_recommendation
from models.own_table.recommendation_stages import label_windows, table_config
from models.own_table.report import Report
from models.recommendation.learning import learn_ranker
from models.tables import Column, Kind, read_table

COLUMNS = InteractionColumns("who", "what", "at")
# Popularity: a 4, b 3, c 2, d 1.
PAST = [("A", "a"), ("B", "a"), ("C", "a"), ("D", "a"), ("A", "b"), ("B", "b"), ("C", "b"), ("A", "c"), ("B", "c"), ("D", "d")]
LATER = [("C", "c"), ("D", "c")]


def table(folder: Path, past: list[tuple[str, str]], later: list[tuple[str, str]], name: str = "table.csv") -> Path:
    rows = [f"{who},{what},2026-01-01 10:00" for who, what in past] + [f"{who},{what},2026-01-20 09:00" for who, what in later]
    path = folder / name
    path.write_text("who,what,at\n" + "\n".join(rows) + "\n")
    return path


def values(report: Report, model: str) -> dict[str, float]:
    found = next(row for row in report.models if row.name == model)
    return {name: metric.value for name, metric in found.metrics.items()}


def test_new_items_figures_are_those_worked_by_hand(tmp_path: Path) -> None:
    report = evaluate_recommendation([table(tmp_path, PAST, LATER)], COLUMNS, test_days=7, new_items_only=True)
    figures = values(report, "popularity")
    # C had a and b: c d. D had a and d: b c. So c is first and second.
    assert figures["ndcg_at_10"] == pytest.approx((1 + 1 / np.log2(3)) / 2)
    assert figures["recall_at_10"] == figures["recall_at_20"] == figures["hit_rate_at_10"] == 1.0
    assert figures["coverage_at_10"] == pytest.approx(3 / 4)
    # One product of ten places is on both lists.
    assert figures["personalisation_at_10"] == pytest.approx(0.9)
    assert [model.name for model in report.models if model.is_served] == ["two_stage"]
    assert "own_history" not in [model.name for model in report.models]


def test_with_repeats_everybody_gets_the_popular_and_own_history_its_own(tmp_path: Path) -> None:
    later = [("C", "b"), ("D", "d"), ("D", "a")]
    report = evaluate_recommendation([table(tmp_path, PAST, later)], COLUMNS, test_days=7)
    # Everybody gets a b c d: b second; a and d first and fourth of two targets.
    two = (1 + 1 / np.log2(5)) / (1 + 1 / np.log2(3))
    assert values(report, "popularity")["ndcg_at_10"] == pytest.approx((1 / np.log2(3) + two) / 2)
    assert values(report, "popularity")["personalisation_at_10"] == pytest.approx(1 - 4 / 10)
    # C had a and b alike (a is the more popular and first); D had a and d, both of them targets.
    assert values(report, "own_history")["ndcg_at_10"] == pytest.approx((1 / np.log2(3) + 1) / 2)


def part(report: Report, model: str, name: str) -> dict[str, float]:
    found = next(row for row in report.models if row.name == model)
    return {figure: metric.value for figure, metric in found.parts[name].items()}


def test_parts_count_their_own_targets_only(tmp_path: Path) -> None:
    later = [("C", "b"), ("D", "d"), ("D", "b")]
    report = evaluate_recommendation([table(tmp_path, PAST, later)], COLUMNS, test_days=7)
    # Everybody gets a b c d. C had b before and D had d: places two and four. New to D is b alone: place two.
    assert report.data["test_customers_by_part"] == {
        "customers with under 5 rows": 2,
        "products with under 10 rows": 2,
        "had before": 2,
        "new to the customer": 1,
    }
    before, new = (part(report, "popularity", name) for name in ("had before", "new to the customer"))
    assert before["ndcg_at_10"] == pytest.approx((1 / np.log2(3) + 1 / np.log2(5)) / 2)
    assert before["mrr_at_20"] == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert new["ndcg_at_10"] == pytest.approx(1 / np.log2(3))
    assert before["recall_at_20"] == new["hit_rate_at_10"] == 1.0
    # All of these customers and products are little known: the part is the whole.
    whole = values(report, "popularity")
    cold = part(report, "popularity", "customers with under 5 rows")
    assert {name: cold[name] for name in whole.keys() & cold.keys()} == {name: whole[name] for name in whole.keys() & cold.keys()}
    # a b c d is on every list: 4, 3, 2 and 1 of four customers have them.
    assert whole["novelty_at_10"] == pytest.approx((0 + np.log2(4 / 3) + 1 + 2) / 4)
    had = {"a": set("ABCD"), "b": set("ABC"), "c": set("AB"), "d": set("D")}
    cosines = [len(had[x] & had[y]) / np.sqrt(len(had[x]) * len(had[y])) for x, y in ("ab", "ac", "ad", "bc", "bd", "cd")]
    assert whole["intra_list_diversity_at_10"] == pytest.approx(1 - np.mean(cosines))
    served = next(row for row in report.models if row.is_served)
    assert "served_minus_it" not in served.parts["had before"]
    gain = part(report, "popularity", "had before")["served_minus_it"]
    assert gain == pytest.approx(served.parts["had before"]["ndcg_at_10"].value - before["ndcg_at_10"])


def test_without_repeats_there_is_no_part_of_them(tmp_path: Path) -> None:
    report = evaluate_recommendation([table(tmp_path, PAST, LATER)], COLUMNS, test_days=7, new_items_only=True)
    assert set(report.data["test_customers_by_part"]) == {"customers with under 5 rows", "products with under 10 rows"}


def test_strangers_and_unknown_products_are_counted_not_judged(tmp_path: Path) -> None:
    later = [*LATER, ("A", "new"), ("Z", "a"), ("B", "a")]
    report = evaluate_recommendation([table(tmp_path, PAST, later)], COLUMNS, test_days=7, new_items_only=True)
    assert report.data["test_customers"] == 2
    assert report.data["test_customers_without_history"] == 1
    assert report.data["test_rows_of_unknown_products"] == 1
    assert report.data["test_targets"] == 2


def test_the_cut_is_a_midnight_and_the_last_day_counts_whole(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text("who,what,at\n" + "".join(f"{who},{what},2026-01-{day:02}\n" for day in range(1, 11) for who, what in PAST))
    report = evaluate_recommendation([path], COLUMNS, test_days=3)
    assert "cut at 2026-01-08 00:00" in report.data["time"]
    assert report.data["train_rows"] == 7 * len(PAST)


def test_products_that_tie_are_listed_by_id(tmp_path: Path) -> None:
    past = [("A", "x"), ("B", "y"), ("C", "z"), ("A", "q"), ("B", "q"), ("C", "q")]
    report = evaluate_recommendation([table(tmp_path, past, [("A", "z")])], COLUMNS, test_days=7, new_items_only=True)
    assert values(report, "popularity")["ndcg_at_10"] == pytest.approx(1 / np.log2(3))  # y before z
    assert report.models[0].metrics["ndcg_at_10"].low is None  # one customer has no interval


@pytest.mark.parametrize(
    ("past", "later", "said"),
    [
        ([], LATER, "nothing is left to learn from"),
        ([("A", "a"), ("A", "b")], [("A", "a")], "1 customers and 2 products before the cut"),
        (PAST, [("Z", "z")], "nobody to judge by"),
        (PAST, [("A", "a")], "a product new to them"),
    ],
)
def test_too_little_on_one_side_says_which(tmp_path: Path, past: list, later: list, said: str) -> None:
    with pytest.raises(EmptyTrainingSetError, match=said):
        evaluate_recommendation([table(tmp_path, past, later)], COLUMNS, test_days=7, new_items_only=True)


def test_a_window_below_a_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="--test-days is at least 1, 0 came"):
        evaluate_recommendation([table(tmp_path, PAST, LATER)], COLUMNS, test_days=0)


def test_weights_are_in_units_of_the_usual_row_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text("who,what,at,n\n" + "".join(f"A,a,2026-01-0{day},{n}\n" for day, n in enumerate((2, 2, 2, 4, 9000, 0), 1)))
    columns = [Column("customer", "who", Kind.ID), Column("product", "what", Kind.ID), Column("time", "at", Kind.TIME)]
    read = read_table([path], [*columns, Column("weight", "n", Kind.NUMBER, above=0)])
    assert Interactions.of(read).weights.tolist() == [1, 1, 1, 2, 10]
    assert read.reasons == {"weight (n) is not above 0": 1}


def shop(folder: Path, name: str, *, order: np.random.Generator | None = None) -> Path:
    """Two tastes: who starts with the first ten products goes on there, others with the last ten."""
    rng = np.random.default_rng(3)
    rows = ["NA,NA,2026-01-01,a lamp"]
    for customer in range(160):
        first = 10 * (customer % 2)
        for day in np.sort(rng.choice(56, 8, replace=False)):
            product = int(first + rng.integers(10)) if rng.random() < 0.9 else int(rng.integers(20))
            text = "red cup" if product < 10 else "green lamp"
            rows.append(f"c{customer},p{product:02},2026-01-01T00:00:00 + {day} d,{text} {product}".replace("T00:00:00 + ", "+"))
    dated = []
    for row in rows:
        who, what, at, text = row.split(",")
        day = int(at.partition("+")[2].removesuffix(" d") or 0)
        dated.append(f"{who},{what},{np.datetime64('2026-01-01') + day},{text}")
    if order is not None:
        dated = [dated[place] for place in order.permutation(len(dated))]
    path = folder / name
    path.write_text("who,what,at,title\n" + "\n".join(dated) + "\n")
    return path


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    path = shop(tmp_path_factory.mktemp("shop"), "shop.csv")
    return path, evaluate_recommendation([path], InteractionColumns("who", "what", "at", text="title"), test_days=14)


def test_taste_beats_popularity_and_the_difference_is_paired(lively: tuple[Path, Report]) -> None:
    _, report = lively
    names = [model.name for model in report.models]
    assert set(names) == {
        *("two_stage", "blend", "popularity", "trending", "als", "user_knn", "item_knn", "next_days", "ease", "content"),
        "own_history",
    }
    gain = report.data["served_minus_others"]["popularity"]
    assert gain["low"] > 0
    served = report.models[names.index("two_stage")]
    for metric in served.metrics.values():
        assert metric.low is not None
        assert metric.high is not None
        assert metric.low <= metric.value <= metric.high
    assert served.train_cpu_s > 0
    assert served.peak_mb > 50


def test_shuffled_rows_in_two_parts_give_the_same_figures(lively: tuple[Path, Report], tmp_path: Path) -> None:
    _, report = lively
    shuffled = shop(tmp_path, "shuffled.csv", order=np.random.default_rng(1)).read_text().splitlines()
    middle = len(shuffled) // 2
    (tmp_path / "one.csv").write_text("\n".join(shuffled[:middle]) + "\n")
    (tmp_path / "two.csv").write_text("\n".join([shuffled[0], *shuffled[middle:]]) + "\n")
    again = evaluate_recommendation(
        [tmp_path / "two.csv", tmp_path / "one.csv"], InteractionColumns("who", "what", "at", text="title"), test_days=14
    )
    assert [(model.name, model.metrics) for model in again.models] == [(model.name, model.metrics) for model in report.models]
    assert again.data == report.data


def test_no_window_is_held_while_the_next_is_made(lively: tuple[Path, Report], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[recommendation_stages.Fitted]] = []
    fit = recommendation_stages.fit

    def watched(*words: Any, **options: Any) -> recommendation_stages.Fitted:
        assert [one() for one in made] == [None] * len(made)
        fitted = fit(*words, **options)
        made.append(weakref.ref(fitted))
        return fitted

    monkeypatch.setattr(recommendation_stages, "fit", watched)
    past = Interactions.of(read_table([lively[0]], asked_columns(COLUMNS)))
    config = table_config(7)
    learn_ranker(label_windows(past, None, 14, config, new_items_only=True), config)
    assert len(made) > 1


def test_drawn_customers_follow_the_seed(lively: tuple[Path, Report]) -> None:
    path, report = lively
    figures = [
        values(evaluate_recommendation([path], COLUMNS, test_days=14, most_customers=20, seed=seed), "popularity")
        for seed in (1, 1, 2)
    ]
    assert figures[0] == figures[1] != figures[2]
    assert report.data["test_customers_not_drawn"] == 0
