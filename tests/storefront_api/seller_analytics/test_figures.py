"""Figures, worked by hand."""

from typing import Any

from storefront_api.analytics.figures import figures_of, values_of
from storefront_api.analytics.schemas import Figure
from storefront_api.seller_analytics import money, sales
from storefront_api.seller_analytics.registry import DEFINITIONS, ROW_TABLES

SUMS = {
    "revenue_minor": 120_000, "order_count": 3, "units_sold": 5, "visit_count": 60, "customer_count": 2,
    "returning_customer_count": 1,
}  # fmt: skip
NONE = dict.fromkeys(SUMS, 0)


def figures(now: dict[str, Any], earlier: dict[str, Any] | None) -> dict[str, Figure]:
    values = values_of(sales.PARTS, earlier) if earlier is not None else None
    return {one.name: one for one in figures_of(sales.DEFINITIONS, values_of(sales.PARTS, now), values)}


def test_figures_divide_and_compare() -> None:
    found = figures(SUMS, SUMS | {"revenue_minor": 80_000, "visit_count": 30})
    assert (found["order_value"].value, found["conversion"].value, found["returning"].value) == (40_000, 0.05, 0.5)
    assert found["revenue"].change == 0.5
    assert round(found["conversion"].change or 0, 6) == -0.05  # points, not per cent of per cent


def test_nothing_to_divide_by_is_a_blank_not_a_zero() -> None:
    found = figures(NONE, None)
    assert (found["revenue"].value, found["order_value"].value, found["conversion"].value) == (0, None, None)
    assert all(one.change is None for one in found.values())


def test_every_figure_leads_to_its_rows_but_those_that_others_make_up() -> None:
    assert {one.name for one in DEFINITIONS.values() if one.rows not in ROW_TABLES} == {
        "forecast_off", "forecast_leaned", "unexplained", "earned_in_all",
    }  # fmt: skip


def test_of_the_balance_only_payouts_are_of_this_moment() -> None:
    assert {one.name for one in money.BALANCE if one.is_live} == {"paid_out", "settled"}
