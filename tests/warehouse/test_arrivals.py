"""Whatever arrives, in whatever order: tables built batch by batch equal those built whole from the clean rows."""

import psycopg

from marketplace.local.postgres import EmbeddedPostgres
from marketplace.warehouse import Warehouse
from pipelines.raw_copy import copy_to_raw
from pipelines.ring_history import restate_rings
from tests.warehouse.arrivals import Disorder, deliver
from tests.warehouse.building import HERE, dbt, failures, rows

BATCHES = 3
REMEMBERS = ("int_time_bounds", "dim_product_versions", "dim_seller_versions", "fct_order_item_terms")  # when, and what was wrong


def tables(url: str) -> list[str]:
    """Everything that is built of what the rows say now."""
    found = rows(
        url,
        "select relnamespace::regnamespace::text, relname from pg_class where relkind in ('r', 'v')"
        " and relnamespace::regnamespace::text in ('intermediate', 'marts', 'features')",
    )
    return sorted(f"{schema}.{name}" for schema, name in found if name not in REMEMBERS)


def contents(url: str, table: str) -> list[str]:
    """The rows of a table as text, without the instant at which they were written."""
    return [row for (row,) in rows(url, f"select (to_jsonb(t) - 'created_at')::text as line from {table} as t order by 1")]


def change(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def test_bad_deliveries_end_in_the_tables_of_the_clean_rows(
    small_shop: str, postgres: EmbeddedPostgres, migrated_template: str
) -> None:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f'create database arrivals template "{migrated_template}"'.encode())
    url = postgres.url("arrivals")
    with psycopg.connect(url) as connection:
        for shop in ("small_shop", "crowd"):
            connection.execute((HERE / f"{shop}.sql").read_bytes())
    for batch in deliver(url, batches=BATCHES, seed=5, disorder=Disorder()):
        copy_to_raw(url)
        result = dbt(url, "run", *(("--exclude", "staging") if batch > 1 else ()))
        assert result.success, failures(result)
        restate_rings(Warehouse(url))
        if batch == 1:  # a column that the code before had
            change(url, "alter table intermediate.int_seller_visit_days add column gone text")
    change(url, "alter table intermediate.int_seller_visit_days drop column gone")

    different = [table for table in tables(small_shop) if contents(url, table) != contents(small_shop, table)]
    assert different == []
    empty = [table for table in tables(small_shop) if not contents(small_shop, table)]
    assert empty == [], "nothing equals nothing"
    assert "marts.fct_seller_days" in tables(small_shop), "views too"
    assert len(tables(small_shop)) > 30
    [(restated,)] = rows(url, "select count(*) from changes.readers")
    assert restated > 60, "the batches after the first were built incrementally"
