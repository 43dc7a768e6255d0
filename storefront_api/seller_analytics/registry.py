"""Every figure and every row table of the seller's pages, by name: the one place in which a new one is entered."""

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.rows import RowTable, named
from storefront_api.seller_analytics import (
    cohorts,
    customers,
    forecast,
    money,
    peers,
    performance,
    performance_rows,
    products,
    regions,
    review_analysis,
    sales,
    segments,
)

_FIGURES = (
    sales, products, customers, segments, cohorts, regions, money, forecast, performance, review_analysis, peers,
)  # fmt: skip
_ROWS = (
    sales, products, segments, cohorts, regions, money, forecast, performance_rows, review_analysis, peers,
)  # fmt: skip
DEFINITIONS: dict[str, FigureDefinition] = {one.name: one for part in _FIGURES for one in part.DEFINITIONS}
ROW_TABLES: dict[str, RowTable] = {one.name: one for part in _ROWS for one in part.ROW_TABLES}


def row_table(name: str) -> RowTable:
    """The table of this name.

    Raises:
        NotFoundError: there is none.
    """
    return named(ROW_TABLES, name)
