"""Every figure and every row table of the seller's pages, by name: the one place in which a new one is entered."""

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.rows import RowTable, named
from storefront_api.seller_analytics import (
    cohorts,
    customers,
    money,
    peers,
    performance_rows,
    products,
    regions,
    review_analysis,
    sales,
    segments,
)

DEFINITIONS: dict[str, FigureDefinition] = {
    one.name: one for part in (sales, products, customers, segments, cohorts, regions, money, peers) for one in part.DEFINITIONS
}
ROW_TABLES: dict[str, RowTable] = {
    one.name: one
    for part in (sales, products, segments, cohorts, regions, money, performance_rows, review_analysis, peers)
    for one in part.ROW_TABLES
}


def row_table(name: str) -> RowTable:
    """The table of this name.

    Raises:
        NotFoundError: there is none.
    """
    return named(ROW_TABLES, name)
