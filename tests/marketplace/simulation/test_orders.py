"""Money, stock and the life of orders add up in every simulated table."""

import polars as pl

from tests.marketplace.simulation.conftest import UNTIL, Simulated


def test_lines_add_up_to_their_order(simulated: Simulated) -> None:
    goods = (pl.col("unit_price_minor") + pl.col("customisation_minor")) * pl.col("quantity")
    items = simulated["order_items"]
    assert items.filter(pl.col("total_minor") != goods - pl.col("discount_minor") + pl.col("shipping_minor")).is_empty()
    sums = items.group_by("order_id").agg(
        subtotal=goods.sum(),
        discount=pl.col("discount_minor").sum(),
        shipping=pl.col("shipping_minor").sum(),
        total=pl.col("total_minor").sum(),
    )
    both = simulated["orders"].join(sums, on="order_id", how="left")
    for column in ("subtotal", "discount", "shipping", "total"):
        assert (both[f"{column}_minor"] == both[column]).all()


def test_customisations_add_up_to_their_line(simulated: Simulated) -> None:
    chosen = simulated["order_customisations"].group_by("order_item_id").agg(pl.col("price_minor").sum())
    lines = simulated["order_items"].join(chosen, on="order_item_id", how="left").with_columns(pl.col("price_minor").fill_null(0))
    assert (lines["customisation_minor"] == lines["price_minor"]).all()


def test_required_customisations_are_chosen(simulated: Simulated) -> None:
    required = simulated["customisations"].filter(pl.col("is_required")).select("customisation_id", "product_id")
    wanted = simulated["order_items"].join(required, on="product_id").select("order_item_id", "customisation_id")
    assert wanted.join(simulated["order_customisations"], on=["order_item_id", "customisation_id"], how="anti").is_empty()


def test_commission_follows_the_seller(simulated: Simulated) -> None:
    lines = simulated["order_items"].join(simulated["sellers"].select("seller_id", "commission_bps"), on="seller_id")
    goods = (pl.col("unit_price_minor") + pl.col("customisation_minor")) * pl.col("quantity") - pl.col("discount_minor")
    assert lines.filter(pl.col("commission_minor") != goods * pl.col("commission_bps") // 10_000).is_empty()


def test_stock_is_the_sum_of_its_moves_and_never_below_zero(simulated: Simulated) -> None:
    moves = simulated["stock_moves"]
    sums = moves.group_by("product_id").agg(pl.col("units_change").sum())
    both = simulated["stock"].join(sums, on="product_id", how="left").with_columns(pl.col("units_change").fill_null(0))
    assert (both["units_on_hand"] == both["units_change"]).all()
    levels = moves.with_columns(level=pl.col("units_change").cum_sum().over("product_id"))  # moves lie in the order of time
    assert levels["level"].min() == 0
    assert (simulated["stock"]["units_on_hand"] == 0).any()


def test_status_agrees_with_the_times(simulated: Simulated) -> None:
    orders = simulated["orders"]
    for status, needed, absent in (
        ("delivered", ["approved_at", "shipped_at", "delivered_at"], ["cancelled_at"]),
        ("shipped", ["approved_at", "shipped_at"], ["delivered_at", "cancelled_at"]),
        ("processing", ["approved_at"], ["shipped_at", "delivered_at", "cancelled_at"]),
        ("declined", [], ["approved_at", "shipped_at", "delivered_at", "cancelled_at"]),
        ("cancelled", ["cancelled_at"], ["shipped_at", "delivered_at"]),
    ):
        rows = orders.filter(pl.col("status") == status)
        assert len(rows) > 0, status
        assert all(rows[column].null_count() == 0 for column in needed), status
        assert all(rows[column].null_count() == len(rows) for column in absent), status
    steps = orders.select(
        (pl.col("approved_at") >= pl.col("ordered_at")).all() & (pl.col("shipped_at") >= pl.col("approved_at")).all()
        & (pl.col("delivered_at") >= pl.col("shipped_at")).all()
    )  # fmt: skip
    assert steps.item()


def test_latest_orders_are_still_on_their_way(simulated: Simulated) -> None:
    latest = simulated["orders"].filter((pl.col("ordered_at") > UNTIL.replace(day=19)) & (pl.col("status") != "declined"))
    assert len(latest) > 0
    assert "delivered" not in latest["status"].to_list()


def test_refunds_never_exceed_what_was_paid(simulated: Simulated) -> None:
    money = simulated["transactions"].group_by("order_id").agg(
        paid=pl.col("amount_minor").filter(pl.col("kind") == "charge").sum(),
        back=pl.col("amount_minor").filter(pl.col("kind") != "charge").sum(),
    )  # fmt: skip
    assert (money["back"] <= money["paid"]).all()
    refunds = simulated["refunds"].join(simulated["order_items"], on="order_item_id").group_by("order_item_id").agg(
        back=pl.col("amount_minor").sum(), line=pl.col("total_minor").first()
    )  # fmt: skip
    assert (refunds["back"] <= refunds["line"]).all()
    assert (refunds["back"] < refunds["line"]).any()
    assert (refunds["back"] == refunds["line"]).any()


def test_payouts_add_up_delivered_lines_of_complete_weeks(simulated: Simulated) -> None:
    payouts = simulated["payouts"]
    assert (payouts["net_minor"] == payouts["gross_minor"] - payouts["commission_minor"] - payouts["refund_minor"]).all()
    last_end = payouts["period_end_date"].max()
    day = pl.col("delivered_at").dt.convert_time_zone("Asia/Dhaka").dt.date()
    delivered = simulated["order_items"].filter(pl.col("delivered_at").is_not_null() & (day <= last_end))
    assert payouts["gross_minor"].sum() == delivered["total_minor"].sum()


def test_ratings_follow_quality(simulated: Simulated) -> None:
    rated = simulated["reviews"].join(simulated["truth/products"], on="product_id")
    middle = rated["quality"].median()
    better = rated.filter(pl.col("quality") > middle)["rating"].mean()
    worse = rated.filter(pl.col("quality") <= middle)["rating"].mean()
    assert isinstance(better, float)
    assert isinstance(worse, float)
    assert better > worse + 0.2
    assert set(rated["language"].unique()) == {"en", "bn"}
