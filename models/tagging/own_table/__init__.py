"""Tagging on products that somebody brings: our linear machines and plain baselines, no title on both sides, intervals."""

from models.tagging.own_table.evaluate import evaluate_tagging
from models.tagging.own_table.products import ProductColumns, Products

__all__ = ["ProductColumns", "Products", "evaluate_tagging"]
