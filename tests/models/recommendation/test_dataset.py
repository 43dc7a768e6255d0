"""The training set as it comes out of the marts, and what was known before a cut."""

from datetime import UTC, datetime

import pandas as pd
import psycopg

from marketplace.warehouse import Warehouse
from models.recommendation import TrainingSet, load_training_set
from tests.models.recommendation.shop import START

MARTS = """
create schema marts;
create table marts.fct_interactions (customer_id text, product_id text, interaction_type text, interacted_at timestamptz);
create table marts.dim_products (
    product_id text, seller_id text, category_id text, category_path text, title text, description text,
    colour text, material text, occasion text,
    style text, season text, gender text, further_values text, price_minor bigint, is_active boolean, listed_at timestamptz
);
create table marts.fct_events (
    event_id text, event_type text, session_id text, product_id text, seller_id text, occurred_at timestamptz
);
create table marts.dim_categories (category_id text, parent_category_id text, name text, path text);
insert into marts.fct_interactions values
    ('u1', 'p1', 'view', '2025-03-01 09:59:59+00'), ('u1', 'p1', 'purchase', '2025-03-01 10:00:00+00');
insert into marts.fct_events values
    ('1', 'product_view', 'v1', 'p1', 's1', '2025-03-01 09:59:59+00'),
    ('2', 'cart_add', 'v1', 'p1', 's1', '2025-03-01 09:59:59+00'),
    ('3', 'product_view', 'v1', 'gone', null, '2025-03-01 09:59:59+00'),
    ('4', 'product_view', 'v1', 'p1', 's1', '2025-03-01 10:00:00+00');
insert into marts.dim_products (product_id, title, is_active, listed_at) values
    ('p1', 'কাপ', true, '2025-01-01'), ('p2', 'Later', true, '2025-03-02'), ('p3', 'Unknown', false, null);
insert into marts.dim_categories values ('c1', null, 'Ceramics', 'Ceramics');
"""


def test_only_what_was_known_before_the_cutoff_is_read(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(MARTS)
    read = load_training_set(Warehouse(database_url), until=datetime(2025, 3, 1, 10, tzinfo=UTC))
    assert read.interactions["interaction_type"].tolist() == ["view"]
    assert read.as_of == pd.Timestamp("2025-03-01 09:59:59", tz="UTC")
    assert sorted(read.products["product_id"]) == ["p1", "p3"]
    assert read.categories["name"].tolist() == ["Ceramics"]
    assert read.views["product_id"].tolist() == ["p1"]


def test_before_a_cut_neither_later_clicks_nor_later_listings_are_known(shop: TrainingSet) -> None:
    cut = START + pd.Timedelta(days=30)
    products = shop.products.assign(listed_at=shop.products["listed_at"].where(shop.products["product_id"] != "p007", cut))
    past = TrainingSet(shop.interactions, products, shop.categories, shop.until).before(cut)
    assert past.interactions["interacted_at"].max() < cut
    assert "p007" not in set(past.products["product_id"])
    assert past.until == cut
