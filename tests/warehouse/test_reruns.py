"""Rebuilding days changes nothing, heals what is wrong in them, and touches no other day."""

import json

import psycopg

from tests.warehouse.building import dbt, failures, rows

VIEWS = {
    "customer_engagement": "customer_id",
    "customer_orders": "customer_id",
    "customer_risk": "customer_id",
    "device_activity": "device_id",
    "product_reviews": "product_id",
    "product_sales": "product_id",
    "seller_performance": "seller_id",
    "seller_sales": "seller_id",
    "session_activity": "session_id",
}
DAYS = {"min_date": "2024-03-10", "max_date": "2024-03-20"}
IN_DAYS = "event_timestamp >= '2024-03-10Z' and event_timestamp < '2024-03-21Z'"


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    return {
        view: rows(url, f"select (to_jsonb(f) - 'created_at')::text from features.{view} as f order by {key}, event_timestamp")
        for view, key in VIEWS.items()
    }


def test_rebuilt_days_are_the_same_row_for_row_and_heal_what_was_planted(small_shop: str) -> None:
    before = contents(small_shop)
    with psycopg.connect(small_shop) as connection:
        connection.execute(f"update features.customer_orders set order_count_total = 99 where {IN_DAYS}".encode())
        connection.execute(f"delete from features.product_sales where {IN_DAYS} and product_id like 'thing-1%'".encode())
        connection.execute(b"insert into features.seller_sales values ('nobody', 1, 1, 1, 1, '2024-03-15Z', now())")
    kept = rows(small_shop, f"select customer_id, created_at from features.customer_orders where not ({IN_DAYS}) order by 1, 2")

    result = dbt(small_shop, "run", "--select", "features", "--vars", json.dumps(DAYS))

    assert result.success, failures(result)
    assert contents(small_shop) == before
    still = rows(small_shop, f"select customer_id, created_at from features.customer_orders where not ({IN_DAYS}) order by 1, 2")
    assert still == kept


def test_a_run_without_news_builds_nothing(small_shop: str) -> None:
    dbt(small_shop, "run")
    result = dbt(small_shop, "run")
    assert result.success, failures(result)
    done = {one.node.name: one.message for one in result.result if one.node.resource_type in ("model", "snapshot")}
    noted = {name for name, message in done.items() if message.startswith("UPDATE")}
    idle = {name for name, message in done.items() if message in ("NOTHING NEW", "THERE ALREADY")}
    assert done.keys() - idle - noted == {"int_time_bounds"}
    assert noted >= VIEWS.keys(), "feature tables note that they have looked"
    assert len(idle) > 50


def test_planted_bad_rows_fail_the_tests_that_guard_against_them(olist_shop: str) -> None:
    planted = {
        "unique_together_fct_interactions": "insert into marts.fct_interactions select * from marts.fct_interactions limit 1",
        "accepted_values_fct_transactions_kind": "update marts.fct_transactions set kind = 'gift'",
        "relationships_fct_reviews_product_id": "update marts.fct_reviews set product_id = 'nowhere'",
        "not_null_fct_order_items_currency": "update marts.fct_order_items set currency = null",
        "known_by_now_customer_orders": "update features.customer_orders set event_timestamp = now() + interval '1 day'"
        " where event_timestamp = (select max(event_timestamp) from features.customer_orders)",
        "assert_raw_orders_reach_fct_orders": "delete from marts.fct_orders where order_id = 'b2'",
    }
    with psycopg.connect(olist_shop) as connection:
        for statement in planted.values():
            connection.execute(statement.encode())

    result = dbt(olist_shop, "test", "--select", *(f"{name}*" for name in planted))

    failed = {one.node.name for one in result.result if one.status == "fail"}
    assert all(any(name.startswith(claim) for name in failed) for claim in planted), failed
    rebuilt = dbt(olist_shop, "run", "--full-refresh", "--select", "marts", "features")
    assert rebuilt.success, failures(rebuilt)
