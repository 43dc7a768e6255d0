"""Marts of the hand-made shop, against answers worked out by hand from small_shop.sql."""

from datetime import date

from tests.warehouse.building import rows


def test_every_raw_order_reaches_the_mart_with_its_refunds(small_shop: str) -> None:
    found = rows(
        small_shop,
        "select order_id, is_sale, total_minor, refunded_minor, item_count from marts.fct_orders"
        " where order_id in ('o1', 'o2', 'o3') order by 1",
    )
    assert found == [("o1", True, 5000, 1001, 3), ("o2", False, 1000, 0, 1), ("o3", False, 3000, 0, 1)]
    assert rows(small_shop, "select count(*) from marts.fct_orders") == rows(small_shop, "select count(*) from shop.orders")


def test_refund_of_a_whole_order_is_shared_by_its_sellers(small_shop: str) -> None:
    found = rows(small_shop, "select seller_id, amount_minor from marts.fct_refunds where refund_id = 'rf1' order by 1")
    assert found == [("seller-1", 400), ("seller-2", 601)]


def test_seller_days_follow_the_sellers_own_calendar(small_shop: str) -> None:
    # e8 is at 02:00 UTC on the 7th: still the 6th in São Paulo.
    found = rows(
        small_shop,
        "select sale_date, view_count, units_sold, revenue_minor from marts.fct_product_days"
        " where product_id = 'shirt' order by 1",
    )
    assert found == [(date(2024, 3, 2), 1, 1, 3000), (date(2024, 3, 5), 1, 0, 0), (date(2024, 3, 6), 1, 0, 0)]


def test_seller_days_have_no_gap_and_end_with_the_data(small_shop: str) -> None:
    found = rows(
        small_shop,
        """
        select seller_id, count(*) = max(sale_date) - min(sale_date) + 1, max(sale_date) >= date '2024-06-20',
            count(*) filter (where not is_complete) <= 1
        from marts.fct_seller_days group by 1 order by 1
        """,
    )
    assert found == [("seller-1", True, True, True), ("seller-2", True, True, True)]


def test_customer_lives_at_the_default_address(small_shop: str) -> None:
    assert rows(small_shop, "select city, country_code from marts.dim_customers where customer_id = 'amina'") == [("Dhaka", "BD")]


def test_labels_drop_unsure_and_keep_chargebacks_beside_later_words(small_shop: str) -> None:
    found = rows(
        small_shop,
        "select payment_attempt_id, is_fraud, label_source from marts.fct_fraud_labels"
        " where payment_attempt_id in ('y0', 'y1', 'y2', 'y3') order by labelled_at",
    )
    assert found == [("y3", True, "analyst"), ("y1", True, "chargeback"), ("y1", False, "dispute")]


def test_visit_without_a_session_row_is_a_session(small_shop: str) -> None:
    found = rows(
        small_shop,
        "select customer_id, device_id, event_count, product_view_count from marts.fct_sessions where session_id = 'sessionless'",
    )
    assert found == [("karim", "laptop", 2, 2)]


def test_view_of_a_product_that_does_not_exist_is_no_interaction(small_shop: str) -> None:
    found = rows(small_shop, "select product_id from marts.fct_interactions where customer_id = 'karim'")
    assert found == [("shirt",)]


def test_olist_shop_has_its_currency_its_days_and_no_visits(olist_shop: str) -> None:
    # 01:30 UTC on March 2nd is March 1st in São Paulo.
    found = rows(
        olist_shop, "select sale_date, revenue_minor, currency from marts.fct_seller_days where revenue_minor > 0 order by 1"
    )
    assert found == [(date(2018, 3, 1), 5000, "BRL"), (date(2018, 4, 2), 5000, "BRL")]
    assert rows(olist_shop, "select count(*) from marts.fct_events") == [(0,)]
    assert rows(olist_shop, "select count(*) from features.device_activity") == [(0,)]
    assert rows(olist_shop, "select max(order_count_total) from features.customer_orders") == [(2,)]
