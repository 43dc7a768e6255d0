"""The model that reads reviews and its two tables, as Dagster runs them on a real database and a real registry."""

import dagster as dg
import psycopg
import pytest

from marketplace.vocabulary import ModelName
from models.registry import ModelRegistry
from pipelines.defs.review_sentiment import assets as family
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource
from tests.models.review_sentiment.test_model import UNTIL
from tests.models.review_sentiment.test_model import reviews as make_reviews

QUERIES = (
    "select review_id, tone from predictions.review_tones order by 1",
    "select seller_id, phrase, kind, review_count, cardinality(review_ids) from predictions.review_themes order by 1, 2",
    "select distinct method from monitoring.model_evaluations where model_name = 'review_sentiment' and is_served",
)


def fill(database_url: str) -> None:
    """Reviews of two sellers, one that says nothing, and an event by which the marketplace knows its time."""
    columns = "review_id text, seller_id text, customer_id text, rating integer, title text, body text, reviewed_at timestamptz"
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("create schema if not exists marts")
        cursor.execute(f"create table marts.fct_reviews ({columns})".encode())
        cursor.execute(
            "insert into raw_shop.events (event_id, event_type, session_id, occurred_at, created_at, updated_at, source)"
            " values ('e', 'page_view', 's', %s, now(), now(), 'test')",
            (UNTIL.to_pydatetime(),),
        )
        with cursor.copy("copy marts.fct_reviews from stdin") as stream:
            for number, row in enumerate(make_reviews().itertuples(index=False)):
                seller = f"seller-{number % 2}"
                stream.write_row((row.review_id, seller, f"c{number}", row.rating, None, row.text, row.reviewed_at))
            stream.write_row(("silent", "seller-0", "c0", 5, None, None, UNTIL))


def test_reviews_are_read_once_a_champion_is_there_and_a_rerun_changes_nothing(
    database_url: str, mlflow_url: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETPLACE_STATE_DIR", str(tmp_path))
    fill(database_url)
    resources = {
        "warehouse": WarehouseResource(database_url=database_url),
        "registry": ModelRegistryResource(tracking_uri=mlflow_url),
    }
    read = []
    for _ in range(2):
        assert dg.materialize(family.ASSETS, resources=resources).success
        with psycopg.connect(database_url) as connection:
            read.append([connection.execute(query).fetchall() for query in QUERIES])
    first, again = read
    assert first[:2] == again[:2]
    tones, themes, served = first
    assert len(tones) == 240
    assert {tone for _, tone in tones} == {"negative", "mixed", "positive"}
    assert {seller for seller, *_ in themes} == {"seller-0", "seller-1"}
    assert all(count == held for *_, count, held in themes)
    assert served == [("word_pieces",)]
    champion = ModelRegistry(mlflow_url).resolve(ModelName.REVIEW_SENTIMENT)
    assert champion is not None
    assert champion.tags["verdict"] == "passed"
