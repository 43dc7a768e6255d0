"""Orders under review as rows of the shop, and one row of any query."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tests.factories import insert, make_address, make_attempt, make_product, make_seller, make_user

Shop = psycopg.Connection[dict[str, Any]]


def held_order(
    shop: Shop, *, score: int | None = 80, priority: int = 80, opened_ago: timedelta = timedelta(minutes=10), **attempt: Any
) -> dict[str, str]:
    """An order of one piece for 1,000.00 BDT that waits for a review, with its case."""
    number = shop.execute("select count(*) as n from shop.orders").fetchone()["n"]  # type: ignore[index]
    customer = attempt.pop("customer_id", None) or make_user(shop)["user_id"]
    address = make_address(shop, customer)
    seller = make_seller(shop)["seller_id"]
    product = make_product(shop, seller, units=4)["product_id"]
    now = datetime.now(UTC) - opened_ago
    order_id = f"o{number}"
    insert(
        shop,
        "shop.orders",
        {
            "order_id": order_id, "customer_id": customer, "status": "held_for_review", "currency": "BDT",
            "subtotal_minor": 100_000, "total_minor": 100_000, "ordered_at": now, "shipping_address_id": address["address_id"],
        },
    )  # fmt: skip
    insert(
        shop,
        "shop.order_items",
        {
            "order_item_id": f"i{number}", "order_id": order_id, "line_number": 1, "product_id": product, "seller_id": seller,
            "quantity": 1, "unit_price_minor": 100_000, "total_minor": 100_000, "currency": "BDT",
        },
    )  # fmt: skip
    insert(
        shop,
        "shop.stock_moves",
        {"stock_move_id": f"m{number}", "product_id": product, "order_id": order_id, "units_change": -1, "reason": "sale",
         "moved_at": now},
    )  # fmt: skip
    made = make_attempt(
        shop,
        customer,
        order_id=order_id,
        outcome="held",
        attempted_at=now,
        shipping_address_id=address["address_id"],
        billing_address_id=address["address_id"],
        **attempt,
    )
    decide_attempt(shop, made, score=score, at=now)
    insert(
        shop,
        "shop.fraud_cases",
        {"fraud_case_id": f"case{number}", "payment_attempt_id": made["payment_attempt_id"], "order_id": order_id,
         "priority": priority, "opened_at": now},
    )  # fmt: skip
    return {"case": f"case{number}", "order": order_id, "product": product, "attempt": made["payment_attempt_id"]}


def paid_order(shop: Shop, *, status: str = "approved", **given: Any) -> dict[str, str]:
    """An order like that of `held_order`, but paid and in this state: scored again after checkout had let it through."""
    made = held_order(shop, **given)
    shop.execute("update shop.orders set status = %s where order_id = %s", (status, made["order"]))
    shop.execute("update shop.payment_attempts set outcome = 'authorised' where order_id = %s", (made["order"],))
    insert(
        shop,
        "shop.transactions",
        {
            "transaction_id": f"t{made['order']}", "order_id": made["order"], "payment_attempt_id": made["attempt"],
            "kind": "charge", "method": "card", "amount_minor": 100_000, "currency": "BDT", "occurred_at": datetime.now(UTC),
        },
    )  # fmt: skip
    return made


def decide_attempt(shop: Shop, attempt: dict[str, Any], *, score: int | None, at: datetime) -> None:
    """Checkout's decision on the attempt; without a score it was made by rules alone."""
    number = shop.execute("select count(*) as n from shop.fraud_decisions").fetchone()["n"]  # type: ignore[index]
    insert(
        shop,
        "shop.fraud_decisions",
        {
            "fraud_decision_id": f"d{number}", "payment_attempt_id": attempt["payment_attempt_id"],
            "order_id": attempt.get("order_id"), "decision": "review", "score": score,
            "probability": None if score is None else score / 100,
            "reasons": Jsonb([{"feature": "device_customers_24h", "sentence": "3 customers here", "contribution": 1.2}]),
            "features": Jsonb({"device_customers_24h": 3, "amount_ratio_to_mean": 2.5}), "model_name": "fraud",
            "model_version": None if score is None else "7", "rules_version": "r1", "is_fallback": score is None,
            "latency_ms": 4.2, "decided_at": at,
        },
    )  # fmt: skip


def one(shop: Shop, query: str, *parameters: Any) -> dict[str, Any]:
    row = shop.execute(query, parameters).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return row  # type: ignore[no-any-return]
