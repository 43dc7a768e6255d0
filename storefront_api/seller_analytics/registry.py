"""Every figure and every row table of the seller's pages, by name: the one place in which a new one is entered."""

from marketplace.errors import NotFoundError
from storefront_api.seller_analytics import money, products, sales
from storefront_api.seller_analytics.definitions import FigureDefinition
from storefront_api.seller_analytics.rows import RowTable

DEFINITIONS: dict[str, FigureDefinition] = {
    one.name: one for one in (*sales.DEFINITIONS, *products.DEFINITIONS, *money.DEFINITIONS)
}
ROW_TABLES: dict[str, RowTable] = {one.name: one for one in (*sales.ROW_TABLES, *products.ROW_TABLES, *money.ROW_TABLES)}


def row_table(name: str) -> RowTable:
    """The table of this name.

    Raises:
        NotFoundError: there is none.
    """
    if name not in ROW_TABLES:
        raise NotFoundError(f"there are no rows called {name!r}; there are {', '.join(sorted(ROW_TABLES))}")
    return ROW_TABLES[name]
