"""Money that moves because of orders: charges, refunds, chargebacks; and what analysts labelled."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation.attempts import Attempts, build_attempts
from marketplace.simulation.catalog import Catalogue, instants
from marketplace.simulation.checkouts import CASH, HONEST, METHODS
from marketplace.simulation.config import CURRENCY, DAY, HOUR, SimulationConfig
from marketplace.simulation.orders import Orders
from marketplace.simulation.payouts import payout_table

CHARGEBACK_SHARE = 0.85
ANALYSTS = ("analyst-1", "analyst-2")


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
    attempts = build_attempts(config, orders, address_hash)
    chargebacks, is_charged_back = _chargebacks(config, orders, attempts)
    refunds, status, returned_line, returned_at = _refunds(config, orders, is_charged_back)
    tables = {
        "payment_attempts": attempts.table,
        "transactions": _transactions(config, orders, attempts, refunds, chargebacks),
        "refunds": refunds.drop("line", "order"),
        "chargebacks": chargebacks.drop("order"),
        "fraud_labels": _labels(config, orders, attempts),
        "payouts": payout_table(config, catalogue, orders, refunds),
    }
    return Money(tables, attempts.truth, status, returned_line, returned_at)


def _chargebacks(config: SimulationConfig, orders: Orders, attempts: Attempts) -> tuple[pl.DataFrame, np.ndarray]:
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
            "payment_attempt_id": attempts.final_ids[rows].astype(str),
            "amount_minor": orders.total[rows],
            "currency": np.full(len(rows), CURRENCY),
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
            "currency": np.full(len(lines), CURRENCY),
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


def _transactions(
    config: SimulationConfig, orders: Orders, attempts: Attempts, refunds: pl.DataFrame, chargebacks: pl.DataFrame
) -> pl.DataFrame:
    """`shop.transactions`: a charge per paid order, one row per refund and chargeback."""
    rng = config.rng("transactions")
    paid = np.flatnonzero(orders.is_paid & (orders.ordered_at < config.end))
    method = METHODS[orders.checkouts.method]
    months = np.where((orders.checkouts.method == 0) & (orders.total > 500_000), rng.choice([1, 1, 3, 6], len(orders.ids)), 1)

    def rows(kind: str, order: np.ndarray, amount: object, at: object, name: object) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "transaction_id": name,
                "order_id": orders.ids[order].astype(str),
                "payment_attempt_id": attempts.final_ids[order].astype(str),
                "kind": np.full(len(order), kind),
                "method": method[order],
                "installments": (months[order] if kind == "charge" else np.ones(len(order))).astype(np.int16),
                "amount_minor": amount,
                "currency": np.full(len(order), CURRENCY),
                "occurred_at": at,
            }
        )

    parts = [rows("charge", paid, orders.total[paid], instants(orders.ordered_at[paid]), config.ids("x", paid).astype(str))]
    for kind, table, at in (("refund", refunds, "refunded_at"), ("chargeback", chargebacks, "received_at")):
        parts.append(rows(kind, table["order"].to_numpy(), table["amount_minor"], table[at], "x" + table[f"{kind}_id"]))
    return pl.concat(parts)


def _labels(config: SimulationConfig, orders: Orders, attempts: Attempts) -> pl.DataFrame:
    """`shop.fraud_labels`: what analysts said within three days of what they looked at, not always rightly.

    They look at half of the refused attempts, at a third of the paid fraud, and at few honest orders, more of the dear ones.
    """
    rng = config.rng("labels")
    source = orders.checkouts
    count = len(source)
    is_fraud = source.kind != HONEST
    chance = np.where(is_fraud, 0.35, 0.012 + 0.03 * (orders.total > np.quantile(orders.total, 0.97)))
    chance = np.where(source.is_declined, 0.5, chance)
    at = source.at + (rng.uniform(0.3, 3, count) * DAY).astype(np.int64)
    rows = np.flatnonzero((rng.random(count) < chance) & (at < config.end))
    sure, right = rng.random(len(rows)) < 0.93, rng.random(len(rows)) < 0.96
    says_fraud = is_fraud[rows] == right
    outcome = np.where(~sure, "unsure", np.where(says_fraud, "fraud", "legitimate"))
    return pl.DataFrame(
        {
            "fraud_label_id": config.ids("f", rows).astype(str),
            "payment_attempt_id": attempts.final_ids[rows].astype(str),
            "order_id": orders.ids[rows].astype(str),
            "outcome": outcome,
            "label_source": np.full(len(rows), "analyst"),
            "reason": np.where(outcome == "fraud", "pattern of stolen cards", "looked at by hand"),
            "labelled_by": np.array(ANALYSTS)[rng.integers(0, 2, len(rows))],
            "labelled_at": instants(at[rows]),
        }
    )
