"""Which products to order again, when and how many: the newest forecast against the stock of this moment."""

from datetime import date, datetime
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from pydantic import BaseModel, ConfigDict, Field

from marketplace.restock import (
    DEFAULT_COVER_DAYS,
    DEFAULT_LEAD_TIME_DAYS,
    DEFAULT_SERVICE_LEVEL,
    RestockSettings,
    advise,
)


class Settings(BaseModel):
    """How a seller restocks: days from order to shelf, the chance of not selling out meanwhile, days an order is to last."""

    model_config = ConfigDict(extra="forbid")

    lead_time_days: int = Field(default=DEFAULT_LEAD_TIME_DAYS, ge=1, le=180)
    service_level: float = Field(default=DEFAULT_SERVICE_LEVEL, ge=0.5, le=0.999)
    cover_days: int = Field(default=DEFAULT_COVER_DAYS, ge=1, le=365)


class ProductRestock(BaseModel):
    """One product; without enough data there is no figure but its stock.

    `weekly_units` is right in sum and what stock is bought by; `weekly_units_point` errs least and lies below it.
    """

    product_id: str
    title: str
    units_on_hand: int
    status: Literal["ok", "pooled", "not_enough_data"]
    weekly_units: float | None = None
    weekly_units_point: float | None = None
    low_80: float | None = None
    high_80: float | None = None
    low_95: float | None = None
    high_95: float | None = None
    method: str | None = None
    reorder_point: int | None = None
    quantity: int | None = None
    order_on: date | None = None
    sold_out_on: date | None = None
    is_due: bool = False


class Restock(BaseModel):
    """All advice of a shop, most urgent first, and by how much the last four weeks were off."""

    seller_id: str
    status: Literal["ok", "not_computed"]
    settings: Settings
    has_own_settings: bool
    starts_on: date | None = None
    computed_at: datetime | None = None
    model_version: str | None = None
    last_period_wape: float | None = None
    last_period_bias: float | None = None
    products: list[ProductRestock] = []


async def settings_of(connection: AsyncConnection[DictRow], seller_id: str) -> Settings | None:
    """What the seller has set; None for one who has not."""
    found = await connection.execute(
        "select lead_time_days, service_level, cover_days from shop.restock_settings where seller_id = %s", (seller_id,)
    )
    row = await found.fetchone()
    return Settings.model_validate(row) if row else None


async def set_settings(connection: AsyncConnection[DictRow], seller_id: str, settings: Settings) -> Settings:
    """The settings as stored, from now on."""
    await connection.execute(
        "insert into shop.restock_settings (seller_id, lead_time_days, service_level, cover_days)"
        " values (%(seller_id)s, %(lead_time_days)s, %(service_level)s, %(cover_days)s)"
        " on conflict (seller_id) do update set lead_time_days = excluded.lead_time_days,"
        " service_level = excluded.service_level, cover_days = excluded.cover_days, updated_at = now()",
        {"seller_id": seller_id, **settings.model_dump()},
    )
    return settings


async def restock(connection: AsyncConnection[DictRow], seller_id: str) -> Restock:
    """The advice for every product on sale, by the seller's settings or the defaults."""
    own = await settings_of(connection, seller_id)
    settings = own or Settings()
    rows = await _forecasts(connection, seller_id)
    if not rows:
        return Restock(seller_id=seller_id, status="not_computed", settings=settings, has_own_settings=own is not None)
    head = rows[0]
    rules = RestockSettings(**settings.model_dump())
    products = sorted((_product(row, rules) for row in rows), key=_urgency)
    errors = {name: head[name] for name in ("last_period_wape", "last_period_bias")}
    return Restock(
        seller_id=seller_id,
        status="ok",
        settings=settings,
        has_own_settings=own is not None,
        starts_on=head["starts_on"],
        computed_at=head["computed_at"],
        model_version=head["model_version"],
        products=products,
        **errors,
    )


async def _forecasts(connection: AsyncConnection[DictRow], seller_id: str) -> list[DictRow]:
    found = await connection.execute(
        "select f.*, p.title, coalesce(st.units_on_hand, 0)::int as units_on_hand"
        " from predictions.product_forecasts as f join shop.products as p on p.product_id = f.product_id"
        " left join shop.stock as st on st.product_id = f.product_id"
        " where f.seller_id = %s and p.seller_id = %s and p.is_active",
        (seller_id, seller_id),
    )
    return await found.fetchall()


def _product(row: DictRow, rules: RestockSettings) -> ProductRestock:
    told = {name: row[name] for name in ProductRestock.model_fields if name in row}
    if row["status"] == "not_enough_data":
        return ProductRestock(**told)
    advice = advise(
        row["weekly_units"],
        row["weekly_deviation"],
        units_on_hand=row["units_on_hand"],
        today=row["starts_on"],
        settings=rules,
    )
    return ProductRestock(
        **told,
        reorder_point=advice.reorder_point,
        quantity=advice.quantity,
        order_on=advice.order_on,
        sold_out_on=advice.sold_out_on,
        is_due=advice.is_due,
    )


def _urgency(product: ProductRestock) -> tuple[object, ...]:
    """Due first, then by the day to order; among equals what sells out first, and products without advice last."""
    last = date.max
    return (
        product.status == "not_enough_data",
        product.order_on or last,
        product.sold_out_on or last,
        -(product.weekly_units or 0.0),
        product.product_id,
    )
