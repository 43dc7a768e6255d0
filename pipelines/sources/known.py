"""What the shop holds already, for readers whose later files lean on earlier ones. Each question is asked once, when needed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

_INSTANT = pl.Datetime("us", "UTC")
_TABLES = {"seller_id": "sellers", "product_id": "products", "customer_id": "users", "order_id": "orders"}


class Known:
    """The shop of one database, as far as its rows came before; without a database it is an empty one."""

    def __init__(self, database_url: str | None) -> None:
        self._database_url = database_url

    @cached_property
    def _facts(self) -> tuple[str, str, datetime] | None:
        rows = self._fetch("select currency, time_zone, data_until from shop.marketplace")
        return rows[0] if rows else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was imported into this marketplace yet."""
        return self._facts is None

    @property
    def currency(self) -> str | None:
        return self._facts[0] if self._facts else None

    @property
    def time_zone(self) -> str | None:
        return self._facts[1] if self._facts else None

    @property
    def data_until(self) -> datetime | None:
        return self._facts[2] if self._facts else None

    def data_until_or_now(self) -> datetime:
        """The end of the shop's data; an empty shop's lies in the present."""
        return self.data_until or datetime.now(UTC)

    def ids(self, column: str) -> pl.Series:
        """Every `seller_id`, `product_id`, `customer_id` or `order_id` of the shop."""
        key = "user_id" if column == "customer_id" else column
        query = sql.SQL("select {} from {}").format(sql.Identifier(key), sql.Identifier("shop", _TABLES[column]))
        return pl.Series(column, [row[0] for row in self._fetch(query)], dtype=pl.String)

    def commissions(self) -> pl.DataFrame:
        """`seller_id`, `commission_bps`."""
        return self._frame(
            "select seller_id, commission_bps from shop.sellers", {"seller_id": pl.String(), "commission_bps": pl.Int32()}
        )

    def sellers_of_products(self) -> pl.DataFrame:
        """`product_id`, `seller_id`."""
        return self._frame(
            "select product_id, seller_id from shop.products", {"product_id": pl.String(), "seller_id": pl.String()}
        )

    def attributes_of_products(self) -> pl.DataFrame:
        """`product_id`, `category_id` and the main value of each attribute, of products with a category."""
        names = ("product_id", "category_id", "colour", "material", "occasion", "season", "gender")
        return self._frame(
            "select product_id, category_id, colour, material, occasion, attributes ->> 'season', attributes ->> 'gender' "
            "from shop.products where category_id is not null",
            dict.fromkeys(names, pl.String()),
        )

    def categories(self) -> pl.DataFrame:
        """`category_id`, `parent_category_id`, `path`."""
        names = ("category_id", "parent_category_id", "path")
        return self._frame(f"select {', '.join(names)} from shop.categories", dict.fromkeys(names, pl.String()))

    def order_times(self) -> pl.DataFrame:
        """`order_id`, `shipped_at`, `delivered_at`."""
        return self._frame(
            "select order_id, shipped_at, delivered_at from shop.orders",
            {"order_id": pl.String(), "shipped_at": _INSTANT, "delivered_at": _INSTANT},
        )

    def lines(self) -> pl.DataFrame:
        """Every order line with its order's `customer_id` and `ordered_at`."""
        return self._frame(
            "select order_item_id, order_id, line_number, customer_id, product_id, quantity, unit_price_minor, ordered_at "
            "from shop.order_items join shop.orders using (order_id)",
            {"order_item_id": pl.String(), "order_id": pl.String(), "line_number": pl.Int32(), "customer_id": pl.String(),
             "product_id": pl.String(), "quantity": pl.Int32(), "unit_price_minor": pl.Int64(), "ordered_at": _INSTANT},
        )  # fmt: skip

    def refunds(self) -> pl.DataFrame:
        """`refund_id`, `order_item_id`, `amount_minor` of the refunds of one line."""
        return self._frame(
            "select refund_id, order_item_id, amount_minor from shop.refunds where order_item_id is not null",
            {"refund_id": pl.String(), "order_item_id": pl.String(), "amount_minor": pl.Int64()},
        )

    def _frame(self, query: str, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
        return pl.DataFrame(self._fetch(query), schema=dict(schema), orient="row")

    def _fetch(self, query: Any) -> list[tuple[Any, ...]]:
        if self._database_url is None:
            return []
        with psycopg.connect(self._database_url, options="-c timezone=UTC") as connection:
            return connection.execute(query).fetchall()
