"""Stock and its moves: opening, sales, what came back, and restocks, so that the moves always add up to what is on hand."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from marketplace.simulation.catalog import Catalogue
from marketplace.simulation.columns import instants, masked, named, parts
from marketplace.simulation.config import MICROSECONDS, SimulationConfig
from marketplace.simulation.orders import Orders

_REASONS = ("opening", "sale", "restock", "release", "return")
_OPENING, _SALE, _RESTOCK, _RELEASE, _RETURN = range(len(_REASONS))


def stock_tables(
    config: SimulationConfig, catalogue: Catalogue, orders: Orders, *, returned_line: np.ndarray, returned_at: np.ndarray
) -> Iterator[tuple[str, pl.DataFrame]]:
    """`shop.stock` and `shop.stock_moves`; never below zero at any instant, at zero now for about one product in thirty."""
    rng = config.rng("stock")
    products = config.products
    order = orders.line_order
    sold = np.flatnonzero(orders.is_paid[order])
    released = np.flatnonzero((orders.cancelled_at[order] >= 0) & orders.is_paid[order])
    lot = rng.integers(8, 60, products)
    sells_out = rng.random(products) < 0.035
    sale_rank = np.lexsort((orders.ordered_at[order[sold]], orders.line_product[sold]))
    sold = sold[sale_rank]
    cumulative = _running(orders.line_product[sold], orders.line_quantity[sold])
    product = orders.line_product[sold]
    crossed = cumulative // lot[product] - (cumulative - orders.line_quantity[sold]) // lot[product]
    refill = np.flatnonzero((crossed > 0) & ~sells_out[product])
    back = np.concatenate([released, returned_line]).astype(np.int64)
    back = np.setdiff1d(back, back[sells_out[orders.line_product[back]]])
    came_back_at = np.full(len(order), -1)
    came_back_at[released] = orders.cancelled_at[order[released]]
    came_back_at[returned_line] = returned_at
    why_back = np.where(np.isin(back, released), _RELEASE, _RETURN)
    refilled_at = orders.ordered_at[order[sold[refill]]] + MICROSECONDS
    after_opening = pl.concat(
        [
            _moves(product, order[sold], -orders.line_quantity[sold], _SALE, orders.ordered_at[order[sold]]),
            _moves(product[refill], None, (crossed * lot[product])[refill], _RESTOCK, refilled_at),
            _moves(orders.line_product[back], order[back], orders.line_quantity[back], why_back, came_back_at[back]),
        ]
    )  # fmt: skip
    deepest = _deepest(after_opening, products)
    opening = np.where(sells_out, deepest, np.maximum(deepest, lot + rng.integers(0, 25, products)))
    opened = np.flatnonzero(opening > 0)
    openings = _moves(opened, None, opening[opened], _OPENING, catalogue.listed_at[opened])
    moves = (
        pl.concat([openings, after_opening])
        .filter(pl.col("moved_at") < config.end)
        .sort("moved_at", "product", maintain_order=True)
    )
    on_hand = np.zeros(products, dtype=np.int64)
    np.add.at(on_hand, moves["product"].to_numpy(), moves["units_change"].to_numpy())
    for part in parts(len(moves)):
        rows = moves[part]
        at = rows["order"].to_numpy()
        yield (
            "stock_moves",
            rows.select(
                config.ids("v", np.arange(part.start, part.stop)).alias("stock_move_id"),
                config.ids("p", rows["product"].to_numpy()).alias("product_id"),
                masked(config.ids("o", np.maximum(at, 0)), at >= 0).alias("order_id"),
                pl.col("units_change").cast(pl.Int32),
                named(_REASONS, rows["reason"].to_numpy()).alias("reason"),
                instants(rows["moved_at"].to_numpy()).alias("moved_at"),
            ),
        )
    for part in parts(products):
        ids = config.ids("p", np.arange(part.start, part.stop))
        yield "stock", pl.DataFrame({"product_id": ids, "units_on_hand": on_hand[part].astype(np.int32)})


def _moves(
    product: np.ndarray, order: np.ndarray | None, units: np.ndarray, reason: int | np.ndarray, at: np.ndarray
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "product": np.asarray(product, dtype=np.int64),
            "order": np.full(len(product), -1, dtype=np.int64) if order is None else np.asarray(order, dtype=np.int64),
            "units_change": np.asarray(units, dtype=np.int64),
            "reason": np.broadcast_to(np.asarray(reason, dtype=np.int8), len(product)),
            "moved_at": np.asarray(at, dtype=np.int64),
        }
    )


def _deepest(moves: pl.DataFrame, products: int) -> np.ndarray:
    """How far below zero each product would fall without an opening stock."""
    in_order = moves.sort("product", "moved_at", maintain_order=True)
    low = (
        in_order.with_columns(level=pl.col("units_change").cum_sum().over("product"))
        .group_by("product")
        .agg(pl.col("level").min())
    )
    deepest = np.zeros(products, dtype=np.int64)
    deepest[low["product"].to_numpy()] = np.maximum(-low["level"].to_numpy(), 0)
    return deepest


def _running(product: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """Running sum of `quantity` within each product; rows are sorted by product."""
    total = np.cumsum(quantity)
    first = np.r_[True, np.diff(product) != 0]
    before = np.where(first, total - quantity, 0)
    return total - np.maximum.accumulate(before)
