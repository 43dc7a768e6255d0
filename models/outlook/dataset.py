"""On which days customers bought and sellers sold, dated by approval: what became of an order later is not known here."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from marketplace.errors import EmptyTrainingSetError, MissingColumnsError
from marketplace.warehouse import Warehouse
from models.outlook.config import OutlookConfig

COLUMNS = ("sale_date", "amount_minor", "currency")


@dataclass(frozen=True)
class TrainingSet:
    """UTC days that were over before `until`: one row per customer, or seller, day with a sale, and currency."""

    customer_days: pd.DataFrame
    seller_days: pd.DataFrame
    until: pd.Timestamp

    def __post_init__(self) -> None:
        for frame, entity in ((self.customer_days, "customer_id"), (self.seller_days, "seller_id")):
            if missing := sorted({entity, *COLUMNS} - set(frame.columns)):
                raise MissingColumnsError(f"days of sale lack {', '.join(missing)}; they hold {', '.join(frame.columns)}")


def load_training_set(warehouse: Warehouse, *, until: datetime) -> TrainingSet:
    """The days of sale of everybody, from the tables that the features of customers and sellers are made of."""
    before = f"sold_date < (timestamptz '{pd.Timestamp(until).isoformat()}' at time zone 'UTC')::date"
    customer_days = warehouse.read(
        "select sold.customer_id, sold.sold_date as sale_date, sum(sold.total_minor)::float8 as amount_minor, orders.currency"
        " from intermediate.int_orders_dated_by_approval as sold join marts.fct_orders as orders using (order_id)"
        f" where {before} group by 1, 2, 4 order by 1, 2, 4"
    )
    seller_days = warehouse.read(
        "select sold.seller_id, sold.sold_date as sale_date, sum(sold.total_minor)::float8 as amount_minor, sellers.currency"
        " from intermediate.int_order_items_dated_by_approval as sold join marts.dim_sellers as sellers using (seller_id)"
        f" where {before} group by 1, 2, 4 order by 1, 2, 4"
    )
    return TrainingSet(customer_days, seller_days, pd.Timestamp(until))


def horizon_of(training_set: TrainingSet, config: OutlookConfig) -> int:
    """How many days ahead this history allows to look.

    Raises:
        EmptyTrainingSetError: it is too short for the shortest horizon.
    """
    days = training_set.customer_days["sale_date"]
    until = training_set.until.tz_localize(None)
    history = (until - pd.Timestamp(days.min())).days if len(days) else 0
    for horizon in sorted(config.horizon_steps, reverse=True):
        if history >= config.horizons_of_history * horizon + config.spare_days:
            return horizon
    wanted = config.horizons_of_history * min(config.horizon_steps) + config.spare_days
    raise EmptyTrainingSetError(
        f"the outlook needs {wanted} days since the first sale, there are {history} before {until:%Y-%m-%d}; "
        "let the shop run, or ingest more history"
    )
