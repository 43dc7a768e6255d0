"""Weekly payouts to sellers: what was delivered less commission and refunds."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from marketplace.simulation.columns import parts
from marketplace.simulation.config import CURRENCY, DAY, HOUR, SimulationConfig
from marketplace.simulation.orders import Orders
from marketplace.simulation.payments import Refunds

_DHAKA = 6 * HOUR
_PAID_AFTER_DAYS = 3


def payout_table(config: SimulationConfig, orders: Orders, refunds: Refunds) -> Iterator[pl.DataFrame]:
    """`shop.payouts`: per seller and complete week (Monday to Sunday in Dhaka), delivered goods less commission and refunds."""
    delivered = np.flatnonzero(orders.line_delivered_at >= 0)
    arrived = orders.line_delivered_at[refunds.line] >= 0
    refund_line, refund_at, refunded = refunds.line[arrived], refunds.at[arrived], refunds.amount[arrived]
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
    for part in parts(len(weeks)):
        rows = weeks[part]
        seller_ids = config.ids("s", rows["seller"].to_numpy())
        yield rows.select(
            pl.format("w-{}-{}", seller_ids, pl.col("week")).alias("payout_id"),
            seller_ids.alias("seller_id"),
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
