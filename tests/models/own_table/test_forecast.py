"""Series of sales: figures worked by hand, gaps and late starts, weeks cut short, too little history."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.own_table.forecast import SeriesColumns, evaluate_forecast
from models.own_table.report import Report
from models.own_table.series import Frequency, series_table
from models.tables import Column, Kind, Table, read_table

COLUMNS = SeriesColumns("sku", "at", "units")
MONDAY = date(2026, 1, 5)


def sales(folder: Path, rows: list[tuple[str, date, float]], name: str = "sales.csv") -> Path:
    path = folder / name
    path.write_text("sku,at,units\n" + "".join(f"{key},{day},{units}\n" for key, day, units in rows))
    return path


def weekly(key: str, values: list[float], *, start: int = 0) -> list[tuple[str, date, float]]:
    return [(key, MONDAY + timedelta(weeks=start + week), value) for week, value in enumerate(values) if value]


def values(report: Report, model: str) -> dict[str, float]:
    found = next(row for row in report.models if row.name == model)
    return {name: metric.value for name, metric in found.metrics.items()}


def read(path: Path) -> Table:
    return read_table(
        [path], [Column("key", "sku", Kind.ID), Column("time", "at", Kind.TIME), Column("value", "units", Kind.NUMBER)]
    )


def made(path: Path, frequency: Frequency = Frequency.WEEK, **settings: int) -> tuple:
    return series_table(read(path), frequency, **{"least_periods": 1, "most_series": 9, "most_periods": 99, "seed": 0} | settings)


def test_figures_are_those_worked_by_hand(tmp_path: Path) -> None:
    path = sales(tmp_path, weekly("NA", [8, 12] * 6 + [12, 12, 16, 16]))
    report = evaluate_forecast([path], COLUMNS, frequency=Frequency.WEEK, horizon=4, origins=1)
    # The last value, 12, is off by 0 0 4 4 of 56; one week to the next changes by 4.
    assert values(report, "naive")["wape"] == pytest.approx(8 / 56)
    assert values(report, "naive")["bias"] == pytest.approx(-8 / 56)
    assert values(report, "naive")["mase"] == pytest.approx(2 / 4)
    # The mean and the median of 8 12 8 12 ... are 10: off by 2 2 6 6.
    for name in ("ma4", "ma8", "median8"):
        assert values(report, name)["wape"] == pytest.approx(16 / 56)
        assert values(report, name)["stock_wape"] == pytest.approx(16 / 56)
    assert [model.name for model in report.models if model.is_served] == ["two_forecasts"]
    assert set(values(report, "two_forecasts")) == {
        prefix + name for prefix in ("", "stock_") for name in ("wape", "mase", "bias", "interval_80_coverage")
    } | {"stock_met_at_95"}
    # Ten a week, give or take two, is no stock for 56 in four weeks.
    assert values(report, "two_forecasts")["stock_met_at_95"] == 0
    assert report.data["origins"] == [f"{MONDAY + timedelta(weeks=11)}"]


def test_windows_are_back_to_back_up_to_the_end(tmp_path: Path) -> None:
    path = sales(tmp_path, weekly("a", [5] * 30))
    report = evaluate_forecast([path], COLUMNS, frequency=Frequency.WEEK, horizon=3, origins=4)
    assert report.data["origins"] == [f"{MONDAY + timedelta(weeks=week)}" for week in (17, 20, 23, 26)]
    # All weeks equal: nothing is off, and a constant history has no MASE.
    for model in report.models:
        assert model.metrics["wape"].value == pytest.approx(0, abs=1e-9), model.name
        assert model.metrics["interval_80_coverage"].value == 1.0
        assert np.isnan(model.metrics["mase"].value)


def test_gaps_are_zeros_and_a_series_begins_with_its_first_sale(tmp_path: Path) -> None:
    path = sales(tmp_path, weekly("a", [1, 0, 0, 4, 0, 6]) + weekly("b", [7, 0, 9], start=3))
    table, facts = made(path)
    assert table.keys.tolist() == ["a", "b"]
    np.testing.assert_array_equal(table.values, [[1, 0, 0, 4, 0, 6], [np.nan, np.nan, np.nan, 7, 0, 9]])
    assert table.days[0].date() == MONDAY
    assert facts["series"] == 2


def test_rows_of_a_period_add_up_and_returns_never_below_zero(tmp_path: Path) -> None:
    week = timedelta(days=7)
    rows = [("a", MONDAY + timedelta(days=day), 1.0) for day in range(7)]
    rows += [
        ("a", MONDAY + week, 2.0),
        ("a", MONDAY + week + timedelta(days=3), -5.0),
        ("a", MONDAY + 2 * week + timedelta(days=6), 3.0),
    ]
    table, facts = made(sales(tmp_path, rows))
    assert table.values.tolist() == [[7.0, 0.0, 3.0]]
    assert facts["sums_below_zero"] == 1


def test_a_week_that_the_table_cuts_short_is_left_out(tmp_path: Path) -> None:
    days = [("a", MONDAY + timedelta(days=day), 1.0) for day in range(2, 7 * 4 + 3)]
    table, facts = made(sales(tmp_path, days))
    assert table.values.tolist() == [[7.0, 7.0, 7.0]]
    assert facts["weeks_cut_short"] == 2
    # Weeks already added up, each dated by its Sunday, are whole.
    sundays = [("a", MONDAY + timedelta(days=7 * week + 6), 2.0) for week in range(4)]
    assert made(sales(tmp_path, sundays, "sundays.csv"))[1]["weeks_cut_short"] == 0


def test_days_stay_days(tmp_path: Path) -> None:
    table, _ = made(sales(tmp_path, [("a", MONDAY, 1.0), ("a", MONDAY + timedelta(days=3), 2.0)]), Frequency.DAY)
    assert table.values.tolist() == [[1.0, 0.0, 0.0, 2.0]]
    assert table.weekdays.tolist() == [0, 1, 2, 3]


def test_only_newest_periods_and_drawn_series_take_memory(tmp_path: Path) -> None:
    rows = [row for key in "abcdef" for row in weekly(key, [1, 2, 3, 4, 5])] + weekly("rare", [0, 1])
    table, facts = made(sales(tmp_path, rows), least_periods=2, most_series=4, most_periods=3)
    assert table.values.tolist() == [[3.0, 4.0, 5.0]] * 4
    assert (facts["series_not_drawn"], facts["series_with_too_few_sales"]) == (2, 1)


def lively(folder: Path, name: str, *, backwards: bool = False) -> Path:
    rng = np.random.default_rng(5)
    rows = []
    for number in range(11):
        size = 2.0 + number
        for day in range(7 * 20):
            units = rng.poisson(size * (2 if day % 7 == 5 else 1))
            rows += [(f"s{number:02}", MONDAY + timedelta(days=day), float(units))]
    return sales(folder, rows[::-1] if backwards else rows, name)


def test_a_weekday_pattern_is_found_and_the_order_of_rows_says_nothing(tmp_path: Path) -> None:
    settings = {"frequency": Frequency.DAY, "horizon": 14, "origins": 2}
    report = evaluate_forecast([lively(tmp_path, "one.csv")], COLUMNS, **settings)
    assert values(report, "two_forecasts")["wape"] < values(report, "ma28")["wape"] < values(report, "naive")["wape"]
    assert abs(values(report, "two_forecasts")["stock_bias"]) < 0.1
    assert 0.7 < values(report, "two_forecasts")["interval_80_coverage"] < 0.9
    gain = report.data["served_minus_others"]["naive"]
    assert gain["high"] < 0
    again = evaluate_forecast([lively(tmp_path, "two.csv", backwards=True)], COLUMNS, **settings)
    assert again.data == report.data
    assert str([model.metrics for model in again.models]) == str([model.metrics for model in report.models])


def test_a_feast_of_days_that_came_twice_is_seen_coming(tmp_path: Path) -> None:
    # Three times a year of weeks that ends in a fortnight's feast: the last is judged by, two are known.
    rng = np.random.default_rng(5)
    rows = [("a", MONDAY + timedelta(days=day), float(rng.poisson(60 if day % 364 >= 350 else 20))) for day in range(3 * 364)]
    report = evaluate_forecast([sales(tmp_path, rows)], COLUMNS, frequency=Frequency.DAY, horizon=14, origins=1)
    assert values(report, "two_forecasts")["stock_wape"] < 0.25 < 0.5 < values(report, "ma28")["wape"]


def test_too_little_history_says_what_is_needed(tmp_path: Path) -> None:
    path = sales(tmp_path, weekly("a", [3] * 9))
    with pytest.raises(EmptyTrainingSetError, match="spans 9 weeks; 2 windows of 4 and 8 weeks of history"):
        evaluate_forecast([path], COLUMNS, frequency=Frequency.WEEK, horizon=4, origins=2)
    with pytest.raises(EmptyTrainingSetError, match="none of 1 series has sales in 12 days or more"):
        evaluate_forecast([path], COLUMNS, frequency=Frequency.DAY, horizon=4, origins=2)
    with pytest.raises(InvalidInputError, match="--horizon is at least 1"):
        evaluate_forecast([path], COLUMNS, frequency=Frequency.WEEK, horizon=0, origins=2)


def test_nothing_but_returns_is_told_as_nothing_sold(tmp_path: Path) -> None:
    path = sales(tmp_path, weekly("a", [-3.0] * 20))
    with pytest.raises(EmptyTrainingSetError, match="nothing was sold: the values of each of 20 weeks"):
        evaluate_forecast([path], COLUMNS, frequency=Frequency.WEEK, horizon=4, origins=2)


def test_slow_baselines_are_left_out_by_the_length_of_the_histories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.own_table.forecast._MOST_SLOW_MS", 25)
    path = sales(tmp_path, weekly("a", [5, 6] * 15))
    settings = {"frequency": Frequency.WEEK, "horizon": 3}
    # Of one window before 27 weeks and three before it: (27 + 24 + 21 + 18) × 0.04 ms; seven windows more take four times that.
    assert "ets" in {model.name for model in evaluate_forecast([path], COLUMNS, origins=1, **settings).models}
    path = sales(tmp_path, weekly("a", [5, 6] * 100))
    report = evaluate_forecast([path], COLUMNS, origins=8, **settings)
    assert "ets" not in {model.name for model in report.models}
    assert any(note.startswith("no ets: its fits to 2,") for note in report.notes)


def test_fewer_windows_than_asked_for_are_told(tmp_path: Path) -> None:
    path = sales(tmp_path, weekly("a", [3, 5] * 8))
    report = evaluate_forecast([path], COLUMNS, frequency=Frequency.WEEK, horizon=4, origins=3)
    assert len(report.data["origins"]) == 2
    assert any("only 2 of 3 origins" in note for note in report.notes)
