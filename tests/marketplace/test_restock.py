"""When to order again and how many, worked by hand and held to what the service level promises."""

from datetime import date

import numpy as np
import pytest

from marketplace.restock import RestockSettings, advise, demand_quantile

TODAY = date(2026, 6, 1)
# Lead time of one week, orders for two weeks.
WEEKLY = RestockSettings(lead_time_days=7, service_level=0.9, cover_days=14)


def test_quantiles_of_counts_by_hand() -> None:
    # Poisson with mean 1: .368, .736, .920 up to 0, 1, 2.
    assert [demand_quantile(1, 1, share) for share in (0.3, 0.7, 0.9)] == [0, 1, 2]
    assert demand_quantile(0, 3, 0.99) == 0
    # Large ones by the normal distribution: 1000 + 1.645 × 50.
    assert demand_quantile(1000, 50, 0.95) == 1083


@pytest.mark.parametrize(("mean", "deviation"), [(0.3, 0.9), (4.0, 6.0), (350.0, 120.0)])
def test_quantile_holds_its_share_of_drawn_demand(mean: float, deviation: float) -> None:
    size = mean**2 / (deviation**2 - mean)
    drawn = np.random.default_rng(3).negative_binomial(size, size / (size + mean), 20_000)
    stocked = demand_quantile(mean, deviation, 0.95)
    assert 0.945 <= (drawn <= stocked).mean() <= 0.98
    assert (drawn <= stocked - 1).mean() < 0.955


def test_product_with_stock_to_spare_waits_until_the_reorder_point() -> None:
    # Poisson with mean 1 covers a week with 2 units; three weeks, mean 3, with 5 (.916).
    said = advise(1.0, 1.0, units_on_hand=9, today=TODAY, settings=WEEKLY)
    assert (said.reorder_point, said.is_due) == (2, False)
    assert said.order_on == date(2026, 7, 20)  # seven units, a week each
    assert said.sold_out_on == date(2026, 8, 3)
    assert said.quantity == 5 - 2


def test_product_at_the_reorder_point_is_due_today() -> None:
    said = advise(1.0, 1.0, units_on_hand=1, today=TODAY, settings=WEEKLY)
    assert (said.is_due, said.order_on, said.quantity) == (True, TODAY, 4)
    assert advise(1.0, 1.0, units_on_hand=0, today=TODAY, settings=WEEKLY).sold_out_on == TODAY


def test_what_hardly_sells_has_no_date() -> None:
    said = advise(0.01, 0.1, units_on_hand=10, today=TODAY, settings=WEEKLY)
    assert (said.order_on, said.sold_out_on) == (None, None)
    assert advise(0.0, 0.0, units_on_hand=0, today=TODAY, settings=WEEKLY).quantity == 0


def test_nothing_to_order_is_not_due() -> None:
    # Poisson with mean .03: nobody comes in 97 of 100 cases, so 0 units cover lead time and order alike.
    said = advise(0.01, 0.1, units_on_hand=0, today=TODAY, settings=WEEKLY)
    assert (said.reorder_point, said.quantity, said.is_due, said.order_on) == (0, 0, False, None)
