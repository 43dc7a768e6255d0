"""Every figure and every row table of the seller's pages, by name: the one place in which a new one is entered."""

from marketplace.errors import NotFoundError
from storefront_api.seller_analytics import customers, money, performance_rows, products, review_analysis, sales
from storefront_api.seller_analytics.definitions import FigureDefinition
from storefront_api.seller_analytics.rows import RowTable

DEFINITIONS: dict[str, FigureDefinition] = {
    one.name: one for part in (sales, products, customers, money) for one in part.DEFINITIONS
}
ROW_TABLES: dict[str, RowTable] = {
    one.name: one for part in (sales, products, money, performance_rows, review_analysis) for one in part.ROW_TABLES
}


def row_table(name: str) -> RowTable:
    """The table of this name.

    Raises:
        NotFoundError: there is none.
    """
    if name not in ROW_TABLES:
        raise NotFoundError(f"there are no rows called {name!r}; there are {', '.join(sorted(ROW_TABLES))}")
    return ROW_TABLES[name]
