"""Kinds, cohorts, measures and places, worked by hand."""

from datetime import date

from storefront_api.seller_analytics.cohorts import Cell, cohorts_of
from storefront_api.seller_analytics.peers import places_of
from storefront_api.seller_analytics.performance import MEASURES, judged, window
from storefront_api.seller_analytics.segments import KINDS, segments_of

DEFECTS, LATE, CANCELLED, TRACKED, REPLIES = MEASURES
SUMS = dict.fromkeys(("repeat_order_count", "defect_count", "late_count"), 1) | {
    "order_count": 6, "revenue_minor": 600, "approved_count": 7, "shipped_count": 4, "review_count": 2, "star_sum": 9,
}  # fmt: skip


def test_windows_end_where_figures_end_and_mature_ones_ninety_days_before() -> None:
    last = date(2026, 10, 31)
    assert (window(DEFECTS, last).first, window(DEFECTS, last).last) == (date(2026, 9, 2), last)
    assert (window(DEFECTS, last, older_by=90).first, window(DEFECTS, last, older_by=90).last) == (
        date(2026, 6, 4),
        date(2026, 8, 2),
    )
    assert window(TRACKED, last).last == date(2026, 10, 17)


def test_share_is_off_target_only_beyond_chance() -> None:
    days = window(LATE, date(2026, 10, 31))
    assert judged(LATE, days, 0, 100).status == "good"
    assert judged(LATE, days, 5, 100).status == "warn"  # 5 %, but 5 of 100 may come of 4 %
    assert judged(LATE, days, 20, 100).status == "bad"
    assert judged(TRACKED, days, 99, 100).status == "good"
    assert judged(TRACKED, days, 94, 100).status == "warn"
    assert judged(TRACKED, days, 60, 100).status == "bad"


def test_few_orders_are_not_judged() -> None:
    found = judged(DEFECTS, window(DEFECTS, date(2026, 10, 31)), 4, 4)
    assert (found.status, found.share, found.low) == ("unknown", None, None)


def test_kinds_tell_amounts_from_five_customers_and_value_from_twenty() -> None:
    rows = {
        "new": {"customer_count": 15, "net_minor": 3000, "observed_count": 20, "value_minor": 12.5},
        "gone": {"customer_count": 4, "net_minor": 1000, "observed_count": 19, "value_minor": 99.0},
        "once": {"customer_count": 0, "net_minor": 0, "observed_count": 30, "value_minor": 1.0},
    }
    found = {one.kind.name: one for one in segments_of(rows)}
    assert list(found) == [kind.name for kind in KINDS]
    assert (found["new"].share, found["new"].spent_minor, found["new"].revenue_share) == (15 / 19, 200, 0.75)
    assert (found["new"].value_minor, found["gone"].value_minor) == (12.5, None)
    assert (found["gone"].spent_minor, found["gone"].customer_count) == (None, 4)
    assert (found["best"].customer_count, found["best"].share) == (0, 0)


def test_cohorts_fill_months_without_a_purchase_and_hide_small_ones() -> None:
    def row(month: int, number: int, count: int) -> dict[str, object]:
        return {"cohort_month": date(2026, month, 1), "month_number": number, "customer_count": count, "net_minor": 10 * count}

    rows = [row(8, 0, 10), row(8, 2, 3), row(9, 0, 4), row(9, 1, 4), row(10, 0, 6)]
    august, september, october = cohorts_of(rows, date(2026, 10, 20))
    assert august.cells == (Cell(0, 0.0, False), Cell(3, 0.3, True))
    assert (august.customer_count, august.revenue_minor) == (10, 130)
    assert september.cells == (None,)
    assert october.cells == ()


def test_places_say_why_they_are_missing() -> None:
    found = {"revenue": {"percentile": 0.5, "peer_count": 8}}
    places = {one.measure.name: one for one in places_of(SUMS, found)}
    assert (places["revenue"].value, places["revenue"].percentile, places["revenue"].why_not) == (600, 0.5, None)
    assert (places["orders"].value, places["orders"].why_not) == (6, "fewer than 5 others to stand beside")
    assert (places["rating"].value, places["rating"].why_not) == (None, "too few reviews of yours")
    assert places["late"].why_not == "too few orders of yours"
    assert places["defects"].value == 1 / 7
