"""The Dagster job on a running marketplace: what it leaves behind, and that running it again changes nothing."""

import psycopg
import pytest

from marketplace.vocabulary import ModelName
from tests.living import Living
from tests.pipelines.killed_runs import run_killed_after

TABLES_THAT_A_RERUN_REWRITES = (
    ("marts", "fct_orders"),
    ("marts", "fct_order_items"),
    ("marts", "fct_seller_days"),
    ("marts", "fct_payment_attempts"),
)


def checksum(living: Living, schema: str, table: str, where: str = "true") -> tuple[int, str]:
    """Row count and content hash of a table, without the instant at which its rows were written."""
    query = (
        f"select count(*) as row_count, md5(string_agg(md5((to_jsonb(t) - 'created_at')::text), '' "
        f"order by md5((to_jsonb(t) - 'created_at')::text))) as content from {schema}.{table} t where {where}"
    )
    row = living.rows(query)[0]
    return row["row_count"], row["content"]


@pytest.mark.parametrize("name", list(ModelName))
def test_every_model_has_a_champion_beside_its_baselines(living: Living, name: ModelName) -> None:
    rows = living.rows(
        "select method, is_served, metric, low, high from monitoring.model_evaluations where model_name = %s", name.value
    )
    methods = {row["method"]: row["is_served"] for row in rows}
    assert sum(methods.values()) == 1
    assert len(methods) >= 3
    assert any(row["is_served"] and row["low"] is not None and row["low"] <= row["high"] for row in rows)
    versions = living.command("models", "list", "--json")
    assert name.value in versions


def test_backfill_of_a_day_equals_the_first_build(living: Living) -> None:
    day = living.rows("select max(event_timestamp)::date - 20 as day from features.customer_orders")[0]["day"]
    where = f"event_timestamp >= '{day}' and event_timestamp < '{day}'::date + 1"
    tables = [("features", name) for name in ("customer_orders", "customer_engagement", "product_sales", "seller_sales")]
    before = [checksum(living, *table, where) for table in tables]
    assert any(count for count, _ in before)
    living.command("run", "--only", "features", "--day", day.isoformat())
    assert [checksum(living, *table, where) for table in tables] == before


@pytest.mark.parametrize("assets", [3, 45])
def test_run_killed_after_an_asset_is_made_good_by_the_next(living: Living, assets: int) -> None:
    before = [checksum(living, *table) for table in TABLES_THAT_A_RERUN_REWRITES]
    with psycopg.connect(living.settings.database_url()) as connection:
        connection.execute("delete from changes.readers")  # nobody knows how far it has read: all is built whole

    done, ended = run_killed_after(living, assets, "--only", "warehouse")

    assert (done, ended) == (assets, False)
    living.command("run", "--only", "warehouse")
    with psycopg.connect(living.settings.database_url("dagster")) as dagster:
        unfinished = dagster.execute("select count(*) from runs where status in ('STARTED', 'STARTING')").fetchone()
    assert unfinished == (0,)
    assert [checksum(living, *table) for table in TABLES_THAT_A_RERUN_REWRITES] == before


def test_planted_truth_is_nowhere_in_the_database(living: Living) -> None:
    planted = {"ring_id", "taste_cluster", "fraud_kind", "preference"}
    columns = {row["column_name"] for row in living.rows("select column_name from information_schema.columns")}
    assert not columns & planted
    assert list((living.state_dir / "files" / "truth").glob("*.parquet"))


def test_no_label_is_used_before_it_is_known(living: Living) -> None:
    early = living.rows("select count(*) as n from training.fraud where labelled_at < attempted_at")[0]["n"]
    assert early == 0
    # Other tests have bought since the training set was made: the source's own attempts are those that the run saw.
    seen = "attempted_at < (select data_until from shop.marketplace)"
    attempts = living.rows(f"select payment_attempt_id from marts.fct_payment_attempts where {seen} order by 1")
    training = living.rows(f"select payment_attempt_id from training.fraud where {seen} order by 1")
    assert attempts
    assert training == attempts
