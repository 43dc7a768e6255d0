"""Money that moves because of orders: charges, refunds, chargebacks; and what analysts labelled."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation.attempts import Attempts, build_attempts
from marketplace.simulation.checkouts import CASH, HONEST, METHODS
from marketplace.simulation.columns import instants, named, parts
from marketplace.simulation.config import CURRENCY, DAY, HOUR, SimulationConfig
from marketplace.simulation.orders import STATUSES, Orders
from marketplace.simulation.users import ANALYSTS

CHARGEBACK_SHARE = 0.85
_REFUND_REASONS = ("order stopped", "late", "not as described")
_CHARGEBACK_REASONS = ("not recognised", "fraudulent")
_OUTCOMES = ("unsure", "fraud", "legitimate")


@dataclass(frozen=True)
class Refunds:
    """Refunds by order line: how much, when, the number of the reason."""

    line: np.ndarray
    order: np.ndarray
    amount: np.ndarray
    at: np.ndarray
    reason: np.ndarray


@dataclass(frozen=True)
class Chargebacks:
    """Orders whose payment was taken back until the end of the window, when, the number of the reason."""

    order: np.ndarray
    at: np.ndarray
    reason: np.ndarray


@dataclass(frozen=True)
class Money:
    """All movements of money, the final status of orders, and lines whose goods came back (for stock)."""

    attempts: Attempts
    refunds: Refunds
    chargebacks: Chargebacks
    status: np.ndarray
    returned_line: np.ndarray
    returned_at: np.ndarray


def build_money(config: SimulationConfig, orders: Orders) -> Money:
    """All movements of money that follow from the orders, up to the end of the window."""
    chargebacks, is_charged_back = _chargebacks(config, orders)
    refunds, status, returned_line, returned_at = _refunds(config, orders, is_charged_back)
    return Money(build_attempts(config, orders), refunds, chargebacks, status, returned_line, returned_at)


def money_tables(config: SimulationConfig, orders: Orders, money: Money) -> Iterator[tuple[str, pl.DataFrame]]:
    """`shop.refunds`, `chargebacks`, `transactions` and `fraud_labels`."""
    yield from (("refunds", frame) for frame in _refund_table(config, money.refunds))
    yield from (("chargebacks", frame) for frame in _chargeback_table(config, orders, money))
    yield from (("transactions", frame) for frame in _transactions(config, orders, money))
    yield from (("fraud_labels", frame) for frame in _labels(config, orders, money.attempts))


def _chargebacks(config: SimulationConfig, orders: Orders) -> tuple[Chargebacks, np.ndarray]:
    """Most paid fraud comes back after 5 to 30 days, a little of the honest too (friendly fraud); and which orders ever will."""
    rng = config.rng("chargebacks")
    source = orders.checkouts
    count = len(source)
    by_card = orders.is_paid & (source.method != CASH) & (orders.cancelled_at < 0)
    comes = by_card & np.where(source.kind == HONEST, rng.random(count) < 0.0015, rng.random(count) < CHARGEBACK_SHARE)
    received = source.at + (rng.uniform(5, 30, count) * DAY).astype(np.int64)
    rows = np.flatnonzero(comes & (received < config.end))
    return Chargebacks(rows, received[rows], rng.random(len(rows)) < 0.9), comes


def _chargeback_table(config: SimulationConfig, orders: Orders, money: Money) -> Iterator[pl.DataFrame]:
    back = money.chargebacks
    for part in parts(len(back.order)):
        order = back.order[part]
        yield pl.DataFrame(
            {
                "chargeback_id": config.ids("h", order),
                "order_id": config.ids("o", order),
                "payment_attempt_id": config.ids("t", money.attempts.final[order]),
                "amount_minor": orders.total[order],
                "currency": pl.repeat(CURRENCY, len(order), dtype=pl.String, eager=True),
                "reason": named(_CHARGEBACK_REASONS, back.reason[part]),
                "received_at": instants(back.at[part]),
            }
        )


def _refunds(
    config: SimulationConfig, orders: Orders, is_charged_back: np.ndarray
) -> tuple[Refunds, np.ndarray, np.ndarray, np.ndarray]:
    """Refunds by line, the status they leave, and the lines whose goods come back with the instant.

    Stopped orders are paid back in full; of the delivered, some lines in full or in part. Never more than the line's total.
    """
    rng = config.rng("refunds")
    count, order = len(orders), orders.line_order
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
    partial = (orders.line_total[lines] * rng.choice([20, 30, 50], len(lines)) // 10_000 * 100).clip(100)
    amount = np.where(whole, orders.line_total[lines], np.minimum(partial, orders.line_total[lines]))
    status = orders.status.copy()
    status[happens & in_full & ~stopped] = STATUSES.index("refunded")
    reason = np.where(stopped[order[lines]], 0, np.where(late[order[lines]] > 0, 1, 2))
    refunds = Refunds(lines, order[lines], amount, after[order[lines]], reason)
    returned = lines[whole & ~stopped[order[lines]] & (rng.random(len(lines)) < 0.6)]
    return refunds, status, returned, after[order[returned]]


def _refund_table(config: SimulationConfig, refunds: Refunds) -> Iterator[pl.DataFrame]:
    for part in parts(len(refunds.line)):
        line = refunds.line[part]
        yield pl.DataFrame(
            {
                "refund_id": config.ids("r", line),
                "order_id": config.ids("o", refunds.order[part]),
                "order_item_id": config.ids("i", line),
                "amount_minor": refunds.amount[part],
                "currency": pl.repeat(CURRENCY, len(line), dtype=pl.String, eager=True),
                "reason": named(_REFUND_REASONS, refunds.reason[part]),
                "refunded_at": instants(refunds.at[part]),
            }
        )


def _transactions(config: SimulationConfig, orders: Orders, money: Money) -> Iterator[pl.DataFrame]:
    """A charge per paid order, then one row per refund and per chargeback."""
    rng = config.rng("transactions")
    paid = np.flatnonzero(orders.is_paid & (orders.ordered_at < config.end))
    on_card = orders.checkouts.method == 0
    months = np.where(on_card & (orders.total > 500_000), rng.choice([1, 1, 3, 6], len(orders)), 1)
    refunds, back = money.refunds, money.chargebacks
    # kind, prefix of ids and what they count, order, amount, instant
    movements = (
        ("charge", "x", paid, paid, orders.total[paid], orders.ordered_at[paid]),
        ("refund", "r", refunds.line, refunds.order, refunds.amount, refunds.at),
        ("chargeback", "h", back.order, back.order, orders.total[back.order], back.at),
    )
    for kind, prefix, number, order, amount, at in movements:
        for part in parts(len(order)):
            rows = order[part]
            ids = config.ids(prefix, number[part])
            installments = months[rows] if kind == "charge" else np.ones(len(rows))
            yield pl.DataFrame(
                {
                    "transaction_id": ids if kind == "charge" else "x" + ids,
                    "order_id": config.ids("o", rows),
                    "payment_attempt_id": config.ids("t", money.attempts.final[rows]),
                    "kind": pl.repeat(kind, len(rows), dtype=pl.String, eager=True),
                    "method": named(METHODS, orders.checkouts.method[rows]),
                    "installments": installments.astype(np.int16),
                    "amount_minor": amount[part],
                    "currency": pl.repeat(CURRENCY, len(rows), dtype=pl.String, eager=True),
                    "occurred_at": instants(at[part]),
                }
            )


def _labels(config: SimulationConfig, orders: Orders, attempts: Attempts) -> Iterator[pl.DataFrame]:
    """What analysts said within three days of what they looked at, not always rightly.

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
    outcome = np.where(~sure, 0, np.where(says_fraud, 1, 2))
    analyst = rng.integers(0, 2, len(rows))
    for part in parts(len(rows)):
        order = rows[part]
        yield pl.DataFrame(
            {
                "fraud_label_id": config.ids("f", order),
                "payment_attempt_id": config.ids("t", attempts.final[order]),
                "order_id": config.ids("o", order),
                "outcome": named(_OUTCOMES, outcome[part]),
                "label_source": pl.repeat("analyst", len(order), dtype=pl.String, eager=True),
                "reason": named(("looked at by hand", "pattern of stolen cards"), outcome[part] == 1),
                "labelled_by": named(ANALYSTS, analyst[part]),
                "labelled_at": instants(at[order]),
            }
        )
