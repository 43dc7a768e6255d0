"""Seller days as they come out of the marts: a day counts once it is over everywhere."""

from datetime import UTC, date, datetime

import psycopg

from marketplace.warehouse import Warehouse
from models.seller_analytics import load_training_set
from models.seller_analytics.dataset import series_of_products, series_of_sellers

MARTS = """
create schema marts;
create table marts.dim_sellers (seller_id text, time_zone text);
create table marts.fct_seller_days (seller_id text, sale_date date, revenue_minor bigint, currency text);
create table marts.dim_products (product_id text, seller_id text, category_id text);
create table marts.fct_product_days (product_id text, sale_date date, units_sold integer);
insert into marts.dim_products values ('mug', 'dhaka', 'mugs');
insert into marts.fct_product_days values
    ('mug', '2025-02-10', 0), ('mug', '2025-02-12', 0), ('mug', '2025-02-21', 2),
    ('mug', '2025-02-27', 3), ('mug', '2025-02-28', 9);
insert into marts.dim_sellers values ('dhaka', 'Asia/Dhaka'), ('sao_paulo', 'America/Sao_Paulo');
insert into marts.fct_seller_days
select seller_id, day, 100, 'BDT' from marts.dim_sellers, generate_series(date '2025-02-27', '2025-03-02', '1 day') as day;
"""


def test_day_that_is_not_over_everywhere_is_left_out(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(MARTS)
    # Midnight UTC: already 1 March in Dhaka, still 28 February in São Paulo.
    read = load_training_set(Warehouse(database_url), until=datetime(2025, 3, 1, tzinfo=UTC))
    last = read.seller_days.groupby("seller_id")["sale_date"].max()
    assert {seller: str(day)[:10] for seller, day in last.items()} == {"dhaka": "2025-02-27", "sao_paulo": "2025-02-27"}
    # Weeks end with 27 February: 21 to 27, 14 to 20, 7 to 13, the first in which it was seen.
    weeks = series_of_products(read)
    assert weeks is not None
    assert weeks.values.tolist() == [[0.0, 0.0, 5.0]]
    assert weeks.days[-1].date() == date(2025, 2, 21)
    table = series_of_sellers(read)
    assert table.days[-1].date() == date(2025, 2, 27)
    assert table.values.tolist() == [[100.0], [100.0]]
