"""The next product of a session: figures worked by hand, formats, quirks of files."""

from pathlib import Path

import pytest

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.own_table.report import Report
from models.own_table.sessions import SessionColumns, evaluate_sessions

# Popularity: a 3, b 2, then c, d, e with 1 each.
PAST = {"s1": "ab", "s2": "ab", "s3": "ac", "s4": "de"}
LATER = {"t1": "ab", "t2": "de"}


def clicks(folder: Path, name: str, sessions: dict[str, str], *, backwards: bool = False) -> Path:
    rows = [f"{place},{session},{product}" for session, held in sessions.items() for place, product in enumerate(held)]
    path = folder / name
    path.write_text("position,session_id,product_id\n" + "\n".join(rows[::-1] if backwards else rows) + "\n")
    return path


def values(report: Report, model: str) -> dict[str, float]:
    found = next(row for row in report.models if row.name == model)
    return {name: metric.value for name, metric in found.metrics.items()}


def test_figures_are_those_worked_by_hand(tmp_path: Path) -> None:
    report = evaluate_sessions([clicks(tmp_path, "past", PAST)], [clicks(tmp_path, "later", LATER)], SessionColumns())
    # Popularity lists a b c d e: b is second, e fifth.
    assert values(report, "popularity")["mrr_at_20"] == pytest.approx((1 / 2 + 1 / 5) / 2)
    assert values(report, "popularity")["ndcg_at_10"] == pytest.approx((0.63093 + 0.38685) / 2, abs=1e-4)
    # The session's own product comes first, then popularity: b second, and e after d, a, b, c.
    assert values(report, "session_popularity")["mrr_at_20"] == pytest.approx((1 / 2 + 1 / 5) / 2)
    # Neighbours: a before b before c; d before e.
    assert values(report, "session_neighbours")["mrr_at_20"] == pytest.approx(1 / 2)
    assert values(report, "session_neighbours")["hit_rate_at_10"] == 1.0


def test_new_items_only_hides_the_session_itself(tmp_path: Path) -> None:
    later = clicks(tmp_path, "later", LATER | {"t3": "aba", "t4": "c"})
    report = evaluate_sessions([clicks(tmp_path, "past", PAST)], [later], SessionColumns(), new_items_only=True)
    # Without a: b is first; without d: a b c e.
    assert values(report, "popularity")["mrr_at_20"] == pytest.approx((1 + 1 / 4) / 2)
    assert values(report, "session_neighbours")["mrr_at_20"] == 1.0
    assert report.data["test_sessions"] == 2
    assert report.data["test_sessions_ending_in_a_repeat"] == 1
    assert report.data["test_sessions_too_short"] == 1


def test_the_order_of_rows_says_nothing(tmp_path: Path) -> None:
    past = {f"{number}": "abcdefgh"[number % 5 : number % 5 + 3] for number in range(40)}
    later = {f"{number}": "abcdefgh"[number % 4 : number % 4 + 2] for number in range(40, 60)}
    reports = [
        evaluate_sessions(
            [clicks(tmp_path, "past", past, backwards=backwards)],
            [clicks(tmp_path, "later", later, backwards=backwards)],
            SessionColumns(),
        )
        for backwards in (False, True)
    ]
    assert [model.metrics for model in reports[0].models] == [model.metrics for model in reports[1].models]


def test_lists_per_row_and_the_last_share_as_test(tmp_path: Path) -> None:
    path = tmp_path / "lists.csv"
    path.write_text("items\n" + "\n".join(" ".join(held) for held in [*PAST.values(), *LATER.values()]) + "\n")
    split = evaluate_sessions([path], [], SessionColumns(sequence="items"), test_share=1 / 3)
    apart = evaluate_sessions([clicks(tmp_path, "past", PAST)], [clicks(tmp_path, "later", LATER)], SessionColumns())
    assert split.data["train_sessions"] == 4
    assert [model.metrics for model in split.models] == [model.metrics for model in apart.models]


def test_a_share_of_clicks_is_cut_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = clicks(tmp_path, "all", {"z": "ab", "y": "ab", "x": "ac", "w": "de", "b": "ab", "a": "de"})
    report = evaluate_sessions([path], [], SessionColumns(), test_share=1 / 3)
    assert values(report, "popularity")["mrr_at_20"] == pytest.approx((1 / 2 + 1 / 5) / 2)


def test_targets_that_nobody_saw_before_are_missed_and_counted(tmp_path: Path) -> None:
    later = clicks(tmp_path, "later", {"t1": "az", "t2": "ab", "t3": "zy"})
    report = evaluate_sessions([clicks(tmp_path, "past", PAST)], [later], SessionColumns())
    assert report.data["targets_unknown_to_the_past"] == 2
    assert values(report, "session_neighbours")["hit_rate_at_20"] == pytest.approx(1 / 3)


def test_ties_go_to_the_more_popular_then_to_the_smaller_id(tmp_path: Path) -> None:
    past = clicks(tmp_path, "past", {"s1": "xb", "s2": "xc", "s3": "xa"})
    report = evaluate_sessions([past], [clicks(tmp_path, "later", {"t": "xc"})], SessionColumns(), new_items_only=True)
    assert values(report, "session_neighbours")["mrr_at_20"] == pytest.approx(1 / 3)
    # One session has no interval.
    assert report.models[0].metrics["mrr_at_20"].low is None


def test_without_a_split_or_cases_it_says_so(tmp_path: Path) -> None:
    past = clicks(tmp_path, "past", PAST)
    with pytest.raises(InvalidInputError, match="either --test FILE or --test-share"):
        evaluate_sessions([past], [], SessionColumns())
    with pytest.raises(InvalidInputError, match="between 0 and 1"):
        evaluate_sessions([past], [], SessionColumns(), test_share=7)
    with pytest.raises(EmptyTrainingSetError, match="2 hold fewer than two products"):
        evaluate_sessions([past], [clicks(tmp_path, "later", {"t": "a", "u": "b"})], SessionColumns())
    with pytest.raises(EmptyTrainingSetError, match="0 to learn from"):
        evaluate_sessions([clicks(tmp_path, "one", {"s": "ab"})], [], SessionColumns(), test_share=0.5)
