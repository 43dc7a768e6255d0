"""What a seller says of a suggested tag reaches the models: the recommender's content at its next training, and the tagger's."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from marketplace.local.postgres import EmbeddedPostgres
from marketplace.vocabulary import Role, TagStatus
from marketplace.warehouse import Warehouse
from models import tagging
from models.recommendation.config import RecommendationConfig
from models.recommendation.content import fit_content, listing_words
from models.tagging.dataset import own_values, refused_values
from pipelines.raw_copy import copy_to_raw
from storefront_api.accounts.service import User
from storefront_api.database import Database
from storefront_api.tagging import answers
from storefront_api.tagging.schemas import TagAnswer
from tests.warehouse.building import dbt, failures, rows

NOW = datetime(2024, 6, 1, tzinfo=UTC)
OWNER = User("owner-1", Role.SELLER, "one@example.org", "Owner One", "en", True, NOW, "seller-1")
# Three pieces without a word in common; a colour alone makes two of them alike.
LISTED = """
insert into shop.products (product_id, seller_id, category_id, title, price_minor, currency, colour, listed_at) values
    ('bowl', 'seller-1', 'category-1', 'Bowl', 1000, 'BDT', null, '2024-02-01 00:00Z'),
    ('scarf', 'seller-2', 'category-2', 'Scarf', 1000, 'BDT', 'teal', '2024-02-01 00:00Z'),
    ('coat', 'seller-2', 'category-3', 'Coat', 1000, 'BDT', 'teal', '2024-02-01 00:00Z');
insert into shop.tag_suggestions (tag_suggestion_id, product_id, listing_id, seller_id, attribute, suggested_value, probability,
    model_version, suggested_at) values
    ('t1', 'bowl', 'bowl', 'seller-1', 'colour', 'teal', .8, '3', '2024-05-01 00:00Z'),
    ('t2', 'bowl', 'bowl', 'seller-1', 'material', 'silver', .8, '3', '2024-05-01 00:00Z'),
    ('t3', 'bowl', 'bowl', 'seller-1', 'category', 'category-2', .5, '3', '2024-05-01 00:00Z'),
    ('t4', 'bowl', 'bowl', 'seller-1', 'occasion', 'eid', .5, '3', '2024-05-01 00:00Z'),
    ('t5', 'bowl', 'bowl', 'seller-1', 'season', 'winter', .5, '3', '2024-05-01 00:00Z'),
    ('t6', 'bowl', 'bowl', 'seller-1', 'colour', 'deep red', .9, '3', '2024-05-01 00:00Z');
"""


@pytest.fixture
def url(small_shop: str, postgres: EmbeddedPostgres) -> str:
    """A copy of the small shop with three more pieces, one of which waits for its seller's word."""
    original = small_shop.rpartition("/")[2]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        # A template may have no other visitor, and pools that read this shop in other tests stay open.
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [original])
        connection.execute(f'create database tag_answers template "{original}"'.encode())
    url = postgres.url("tag_answers")
    with psycopg.connect(url) as connection:
        connection.execute(LISTED.encode())
    return url


def build(url: str) -> None:
    copy_to_raw(url)
    result = dbt(url, "run", "--select", "dim_products", "fct_tag_answers")
    assert result.success, failures(result)


def answer(url: str, given: dict[str, TagAnswer]) -> None:
    async def say() -> None:
        database = Database(url, pool_size=1)
        await database.open()
        async with database.transaction() as connection:
            for tag_suggestion_id, said in given.items():
                await answers.answer(connection, tag_suggestion_id, said, by=OWNER, seller_id="seller-1", now=NOW)
        await database.close()

    asyncio.run(say())


def content(url: str) -> tuple[dict[str, str], Any]:
    asked = "select * from marts.dim_products where title in ('Bowl', 'Scarf', 'Coat') order by product_id"
    products = Warehouse(url).read(asked)
    words = dict(zip(products["product_id"], listing_words(products), strict=True))
    return words, fit_content(products, RecommendationConfig()).similarity.toarray()


def test_answers_change_what_both_models_learn_from(url: str) -> None:
    build(url)
    words, alike = content(url)
    assert "colour=teal" not in words["bowl"]
    assert alike[0].sum() == 0, "nothing is like the bowl"

    answer(
        url,
        {
            "t1": TagAnswer(status=TagStatus.ACCEPTED),
            "t2": TagAnswer(status=TagStatus.REFUSED),
            "t3": TagAnswer(status=TagStatus.CHANGED, final_value="category-3"),
            "t5": TagAnswer(status=TagStatus.ACCEPTED),
            "t6": TagAnswer(status=TagStatus.ACCEPTED),
        },
    )
    build(url)
    words, alike = content(url)
    assert {"colour=teal", "colour=deep_red"} <= set(words["bowl"].split()), "each of its colours"
    assert "category_id=category_3" in words["bowl"]
    assert "season=winter" in words["bowl"]
    assert alike[0, 2] > 0, "the scarf has its colour"
    assert alike[0, 1] > alike[0, 2], "the coat its category too"

    said = "select attribute, answer, final_value, model_version from marts.fct_tag_answers where product_id = 'bowl'"
    assert rows(url, f"{said} order by 1, 3") == [
        ("category", "changed", "category-3", "3"), ("colour", "accepted", "deep red", "3"),
        ("colour", "accepted", "teal", "3"), ("material", "refused", None, "3"), ("season", "accepted", "winter", "3"),
    ]  # fmt: skip
    taught = tagging.load_training_set(Warehouse(url), until=datetime(2024, 7, 1, tzinfo=UTC))
    bowl = taught.products["product_id"].tolist().index("bowl")
    assert taught.products.loc[bowl, ["category_id", "colour", "season"]].tolist() == ["category-3", "teal", "winter"]
    assert own_values(taught.products, "colour")[bowl] == ("teal", "deep red")
    assert refused_values(taught, "material")[bowl] == {"silver"}
    before = tagging.load_training_set(Warehouse(url), until=NOW)
    assert refused_values(before, "material")[bowl] == frozenset(), "not known before it was said"
