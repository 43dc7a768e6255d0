"""A run drops what a model of an earlier version made, and nothing that is somebody else's or still needed."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.warehouse.building import dbt, failures, rows

# As an earlier version left them: made by its models, which stand among those who read logs. And what somebody made by hand.
LEFT_OVER = """
create table intermediate.int_folded_away (seller_id text primary key);
create view marts.fct_given_up as select 1 as one;
create table marts.fct_still_read (seller_id text);
create view marts.own_report as select * from marts.fct_still_read;
create table marts.own_notes (note text);
create view marts.of_python as select 'made by hand' as note;
create table features.of_python (customer_id text);
create table snapshots.old_terms (product_id text);
create table changes.int_folded_away (like intermediate.int_folded_away, changed_at timestamptz);
insert into changes.logs (table_name) values ('int_folded_away');
insert into changes.readers (table_name, reader, definition, read_until)
    select 'orders', reader, 'as read', now()
    from unnest(array['int_folded_away', 'fct_still_read', 'of_python', 'old_terms']) as reader;
insert into changes.readers (table_name, reader, definition, read_until)
    values ('fct_given_up', 'fct_given_up', '', 'infinity'), ('int_folded_away', 'fct_given_up', '', now());
"""
NAMES = "('int_folded_away', 'fct_given_up', 'fct_still_read', 'own_report', 'own_notes', 'of_python', 'old_terms')"
RELATIONS = f"select relname::text from pg_class where relname in {NAMES} and relkind in ('r', 'v') order by 1"


@pytest.fixture
def shop(olist_shop: str) -> Iterator[str]:
    with psycopg.connect(olist_shop) as connection:
        connection.execute(LEFT_OVER)
    yield olist_shop
    with psycopg.connect(olist_shop) as connection:
        connection.execute("drop view marts.own_report, marts.of_python")
        connection.execute("drop table if exists marts.fct_still_read, marts.own_notes, features.of_python, snapshots.old_terms")
        connection.execute("delete from changes.readers where reader in ('fct_still_read', 'of_python', 'old_terms')")


def test_what_no_model_makes_any_more_is_dropped_with_its_log_when_a_run_ends(shop: str) -> None:
    models = "select count(*) from pg_class where relnamespace::regnamespace::text in ('staging', 'intermediate', 'marts')"
    [(before,)] = rows(shop, models)

    result = dbt(shop, "run", "--select", "int_time_bounds")

    assert result.success, failures(result)
    kept = ["fct_still_read", "of_python", "of_python", "old_terms", "own_notes", "own_report"]
    assert [name for (name,) in rows(shop, RELATIONS)] == kept
    assert rows(shop, models) == [(before - 3,)], "two relations and a key's index"
    named = "select 1 from changes.readers where 'int_folded_away' in (reader, table_name) or reader = 'fct_given_up'"
    assert rows(shop, f"{named} union all select 1 from changes.logs where table_name = 'int_folded_away'") == []
    waiting = "select reader from changes.readers where definition = 'as read' and read_until < 'infinity' order by 1"
    assert rows(shop, waiting) == [("of_python",), ("old_terms",)], "for what is gone no log waits"


def test_what_was_still_read_is_dropped_once_it_is_not(shop: str) -> None:
    with psycopg.connect(shop) as connection:
        connection.execute("create or replace view marts.own_report as select 'nothing' as seller_id")

    result = dbt(shop, "run", "--select", "int_time_bounds")

    assert result.success, failures(result)
    assert rows(shop, RELATIONS) == [("of_python",), ("of_python",), ("old_terms",), ("own_notes",), ("own_report",)]
