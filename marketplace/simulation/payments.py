"""Money: attempts to pay, charges, refunds, chargebacks, what analysts labelled, and weekly payouts."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation import places
from marketplace.simulation.catalog import Catalogue, instants
from marketplace.simulation.checkouts import CASH, HONEST, KINDS, METHODS, TESTER
from marketplace.simulation.config import CURRENCY, DAY, HOUR, MICROSECONDS, SimulationConfig
from marketplace.simulation.events import session_ids
from marketplace.simulation.orders import ADDRESS_KIND, Orders
from marketplace.simulation.people import NOT_ONE, customer_ids

CHARGEBACK_SHARE = 0.85
ANALYSTS = ("analyst-1", "analyst-2")
_DHAKA = 6 * HOUR
_PAID_AFTER_DAYS = 3


@dataclass(frozen=True)
class Money:
    """Tables of money, the final status of orders, and lines whose goods came back (for stock)."""

    tables: dict[str, pl.DataFrame]
    truth: pl.DataFrame
    status: np.ndarray
    returned_line: np.ndarray
    returned_at: np.ndarray


def build_money(config: SimulationConfig, catalogue: Catalogue, orders: Orders, address_hash: np.ndarray) -> Money:
    """All movements of money that follow from the orders, up to the end of the window."""
    attempts, truth = _attempts(config, orders, address_hash)
    chargebacks, is_charged_back = _chargebacks(config, orders)
    refunds, status, returned_line, returned_at = _refunds(config, orders, is_charged_back)
    tables = {
        "payment_attempts": attempts,
        "transactions": _transactions(config, orders, refunds, chargebacks),
        "refunds": refunds.drop("line", "order"),
        "chargebacks": chargebacks.drop("order"),
        "fraud_labels": _labels(config, orders),
        "payouts": _payouts(config, catalogue, orders, refunds),
    }
    return Money(tables, truth, status, returned_line, returned_at)


def _attempts(config: SimulationConfig, orders: Orders, address_hash: np.ndarray) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`shop.payment_attempts` by time, and the kind and ring of each for `truth/`."""
    rng = config.rng("attempts")
    source = orders.checkouts
    again = np.flatnonzero(source.retries)
    row = np.concatenate([np.arange(len(source)), again])
    is_retry = np.arange(len(row)) >= len(source)
    at = source.at[row] - np.where(is_retry, rng.uniform(0.4, 6, len(row)) * 60 * MICROSECONDS, 0).astype(np.int64)
    outcome = np.where(source.is_declined[row] | is_retry, "declined", "authorised")
    card = np.where(
        is_retry & (rng.random(len(row)) < 0.3) & (source.card[row] >= 0), source.card[row] + 4 * 10**8, source.card[row]
    )
    order = np.argsort(at, kind="stable")
    row, at, outcome, card = row[order], at[order], outcome[order], card[order]
    ids = config.ids("t", np.arange(len(row)))
    town = source.ip_town[row]
    known = town != places.UNKNOWN
    item_count = np.bincount(orders.line_order, orders.line_quantity, len(source)).astype(np.int32)

    def masked(values: np.ndarray, keep: np.ndarray) -> pl.Series:
        return pl.Series(values).set(pl.Series(~keep), None)

    table = pl.DataFrame(
        {
            "payment_attempt_id": ids.astype(str),
            "order_id": orders.ids[row].astype(str),
            "customer_id": customer_ids(config, source.customer[row]).astype(str),
            "session_id": session_ids(config, source.session[row]).astype(str),
            "device_id": config.ids("d", source.device[row]).astype(str),
            "card_token": masked(config.ids("card-", np.maximum(card, 0)).astype(str), card != NOT_ONE),
            "method": METHODS[source.method[row]],
            "amount_minor": orders.total[row],
            "currency": CURRENCY,
            "item_count": item_count[row],
            "ip_address": places.addresses_in(town, source.host[row]),
            "ip_country_code": masked(places.COUNTRIES[town], known),
            "ip_latitude": masked(places.LATITUDES[town], known),
            "ip_longitude": masked(places.LONGITUDES[town], known),
            "shipping_address_id": config.ids(ADDRESS_KIND, source.ship_to[row]).astype(str),
            "billing_address_id": config.ids(ADDRESS_KIND, source.bill_to[row]).astype(str),
            "shipping_address_hash": address_hash[source.ship_to[row]].astype(str),
            "outcome": outcome,
            "attempted_at": instants(at),
        }
    )
    truth = pl.DataFrame(
        {
            "payment_attempt_id": ids.astype(str),
            "fraud_kind": KINDS[source.kind[row]],
            "ring": masked(source.ring[row], source.ring[row] != NOT_ONE),
        }
    )
    return table, truth


def _final_attempt_ids(config: SimulationConfig, orders: Orders) -> np.ndarray:
    """The id of the last attempt of each order, in the numbering of `_attempts`."""
    rng = config.rng("attempts")
    source = orders.checkouts
    again = np.flatnonzero(source.retries)
    row = np.concatenate([np.arange(len(source)), again])
    is_retry = np.arange(len(row)) >= len(source)
    at = source.at[row] - np.where(is_retry, rng.uniform(0.4, 6, len(row)) * 60 * MICROSECONDS, 0).astype(np.int64)
    rank = np.empty(len(row), dtype=np.int64)
    rank[np.argsort(at, kind="stable")] = np.arange(len(row))
    return config.ids("t", rank[: len(source)])


def _chargebacks(config: SimulationConfig, orders: Orders) -> tuple[pl.DataFrame, np.ndarray]:
    """`shop.chargebacks`: most paid fraud after 5 to 30 days, a little of the honest (friendly fraud); and who will have one."""
    rng = config.rng("chargebacks")
    source = orders.checkouts
    count = len(source)
    by_card = orders.is_paid & (source.method != CASH) & (orders.cancelled_at < 0)
    comes = by_card & np.where(source.kind == HONEST, rng.random(count) < 0.0015, rng.random(count) < CHARGEBACK_SHARE)
    received = source.at + (rng.uniform(5, 30, count) * DAY).astype(np.int64)
    rows = np.flatnonzero(comes & (received < config.end))
    table = pl.DataFrame(
        {
            "chargeback_id": config.ids("h", rows).astype(str),
            "order_id": orders.ids[rows].astype(str),
            "payment_attempt_id": _final_attempt_ids(config, orders)[rows].astype(str),
            "amount_minor": orders.total[rows],
            "currency": CURRENCY,
            "reason": np.where(rng.random(len(rows)) < 0.9, "fraudulent", "not recognised"),
            "received_at": instants(received[rows]),
            "order": rows,
        }
    )
    return table, comes


def _refunds(
    config: SimulationConfig, orders: Orders, is_charged_back: np.ndarray
) -> tuple[pl.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """`shop.refunds` by line, the status they leave, and the lines whose goods come back with the instant.

    Stopped orders are paid back in full; of the delivered, some lines in full or in part. Never more than the line's total.
    """
    rng = config.rng("refunds")
    count, order = len(orders.ids), orders.line_order
    stopped = (orders.cancelled_at >= 0) & orders.is_paid
    late = np.maximum(orders.delivered_at - orders.estimated_at, 0) / DAY
    asks = (orders.delivered_at >= 0) & ~is_charged_back & (orders.checkouts.kind == HONEST)
    asks &= rng.random(count) < 0.022 + 0.05 * np.minimum(late, 4) / 4
    in_full = asks & (rng.random(count) < 0.45)
    after = np.where(
        stopped, orders.cancelled_at + 2 * HOUR, orders.delivered_at + (rng.uniform(0.5, 9, count) * DAY).astype(np.int64)
    )
    happens = (stopped | asks) & (after < config.end)
    is_first = np.r_[True, np.diff(order) != 0]
    lines = np.flatnonzero(happens[order] & (stopped[order] | in_full[order] | is_first))
    whole = (stopped | in_full)[order[lines]]
    part = (orders.line_total[lines] * rng.choice([20, 30, 50], len(lines)) // 10_000 * 100).clip(100)
    amount = np.where(whole, orders.line_total[lines], np.minimum(part, orders.line_total[lines]))
    status = orders.status.copy()
    status[happens & in_full & ~stopped] = "refunded"
    table = pl.DataFrame(
        {
            "refund_id": config.ids("r", lines).astype(str),
            "order_id": orders.ids[order[lines]].astype(str),
            "order_item_id": orders.line_ids[lines].astype(str),
            "amount_minor": amount,
            "currency": CURRENCY,
            "reason": np.where(
                stopped[order[lines]], "order stopped", np.where(late[order[lines]] > 0, "late", "not as described")
            ),
            "refunded_at": instants(after[order[lines]]),
            "line": lines,
            "order": order[lines],
        }
    )
    returned = lines[whole & ~stopped[order[lines]] & (rng.random(len(lines)) < 0.6)]
    return table, status, returned, after[order[returned]]


def _transactions(config: SimulationConfig, orders: Orders, refunds: pl.DataFrame, chargebacks: pl.DataFrame) -> pl.DataFrame:
    """`shop.transactions`: a charge per paid order, one row per refund and chargeback."""
    rng = config.rng("transactions")
    paid = np.flatnonzero(orders.is_paid & (orders.ordered_at < config.end))
    attempt = _final_attempt_ids(config, orders)
    method = METHODS[orders.checkouts.method]
    months = np.where((orders.checkouts.method == 0) & (orders.total > 500_000), rng.choice([1, 1, 3, 6], len(orders.ids)), 1)

    def rows(kind: str, order: np.ndarray, amount: object, at: object, name: object) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "transaction_id": name,
                "order_id": orders.ids[order].astype(str),
                "payment_attempt_id": attempt[order].astype(str),
                "kind": pl.repeat(kind, len(order), dtype=pl.String, eager=True),
                "method": method[order],
                "installments": (months[order] if kind == "charge" else np.ones(len(order))).astype(np.int16),
                "amount_minor": amount,
                "currency": pl.repeat(CURRENCY, len(order), dtype=pl.String, eager=True),
                "occurred_at": at,
            }
        )

    return pl.concat(
        [
            rows("charge", paid, orders.total[paid], instants(orders.ordered_at[paid]), config.ids("x", paid).astype(str)),
            rows("refund", refunds["order"].to_numpy(), refunds["amount_minor"], refunds["refunded_at"], "x" + refunds["refund_id"]),
            rows("chargeback", chargebacks["order"].to_numpy(), chargebacks["amount_minor"], chargebacks["received_at"], "x" + chargebacks["chargeback_id"]),
        ]
    )  # fmt: skip


def _labels(config: SimulationConfig, orders: Orders) -> pl.DataFrame:
    """`shop.fraud_labels`: what analysts said of the few attempts they looked at, one to three days later, not always rightly."""
    rng = config.rng("labels")
    source = orders.checkouts
    count = len(source)
    is_fraud = source.kind != HONEST
    chance = np.where(
        source.kind == TESTER, 0.35, np.where(is_fraud, 0.3, 0.012 + 0.03 * (orders.total > np.quantile(orders.total, 0.97)))
    )
    at = source.at + (rng.uniform(0.3, 3, count) * DAY).astype(np.int64)
    rows = np.flatnonzero((rng.random(count) < chance) & (at < config.end))
    sure, right = rng.random(len(rows)) < 0.93, rng.random(len(rows)) < 0.96
    says_fraud = is_fraud[rows] == right
    outcome = np.where(~sure, "unsure", np.where(says_fraud, "fraud", "legitimate"))
    return pl.DataFrame(
        {
            "fraud_label_id": config.ids("f", rows).astype(str),
            "payment_attempt_id": _final_attempt_ids(config, orders)[rows].astype(str),
            "order_id": orders.ids[rows].astype(str),
            "outcome": outcome,
            "label_source": pl.repeat("analyst", len(rows), dtype=pl.String, eager=True),
            "reason": np.where(outcome == "fraud", "pattern of stolen cards", "looked at by hand"),
            "labelled_by": np.array(ANALYSTS)[rng.integers(0, 2, len(rows))],
            "labelled_at": instants(at[rows]),
        }
    )


def _payouts(config: SimulationConfig, catalogue: Catalogue, orders: Orders, refunds: pl.DataFrame) -> pl.DataFrame:
    """`shop.payouts`: per seller and complete week (Monday to Sunday in Dhaka), what was delivered less commission and refunds."""
    delivered = np.flatnonzero(orders.line_delivered_at >= 0)
    refund_line = refunds["line"].to_numpy()
    arrived = orders.line_delivered_at[refund_line] >= 0
    refund_line, refund_at = refund_line[arrived], refunds["refunded_at"].to_physical().to_numpy()[arrived]
    refunded = refunds["amount_minor"].to_numpy()[arrived]
    week = np.concatenate([_week(orders.line_delivered_at[delivered]), _week(refund_at)])
    seller = np.concatenate([orders.line_seller[delivered], orders.line_seller[refund_line]])
    zeros_d, zeros_r = np.zeros(len(delivered), dtype=np.int64), np.zeros(len(refund_line), dtype=np.int64)
    moves = pl.DataFrame(
        {
            "seller": seller,
            "week": week,
            "gross_minor": np.concatenate([orders.line_total[delivered], zeros_r]),
            "commission_minor": np.concatenate([orders.line_commission[delivered], zeros_r]),
            "refund_minor": np.concatenate([zeros_d, refunded]),
        }
    )
    ended = (pl.col("week") * 7 + 4 + 7) * DAY - _DHAKA
    weeks = (
        moves.group_by("seller", "week").agg(pl.col("gross_minor", "commission_minor", "refund_minor").sum())
        .sort("seller", "week").filter(ended <= config.end)
    )  # fmt: skip
    is_paid = (ended + _PAID_AFTER_DAYS * DAY) <= config.end
    day = pl.col("week") * 7 + 4  # 1970-01-05 was a Monday
    sellers = pl.Series(catalogue.seller_ids.astype(str))
    return weeks.select(
        pl.format("w-{}-{}", sellers.gather(weeks["seller"]), pl.col("week")).alias("payout_id"),
        sellers.gather(weeks["seller"]).alias("seller_id"),
        day.cast(pl.Int32).cast(pl.Date).alias("period_start_date"),
        (day + 6).cast(pl.Int32).cast(pl.Date).alias("period_end_date"),
        "gross_minor",
        "commission_minor",
        "refund_minor",
        (pl.col("gross_minor") - pl.col("commission_minor") - pl.col("refund_minor")).alias("net_minor"),
        pl.lit(CURRENCY).alias("currency"),
        pl.when(is_paid).then(pl.lit("paid")).otherwise(pl.lit("pending")).alias("status"),
        pl.when(is_paid).then(ended + _PAID_AFTER_DAYS * DAY).cast(pl.Datetime("us", "UTC")).alias("paid_at"),
    )


def _week(at: np.ndarray) -> np.ndarray:
    """Number of the week in Dhaka, counted from Monday 1970-01-05."""
    return ((at + _DHAKA) // DAY - 4) // 7
