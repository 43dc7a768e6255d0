"""The operational schema goes up and down and refuses what it must."""

import psycopg
import pytest

from marketplace.local.postgres import EmbeddedPostgres
from storefront_api.migrations import is_current, migrate


def test_down_leaves_nothing_and_up_again_works(postgres: EmbeddedPostgres) -> None:
    postgres.create_databases(("up_and_down",))
    url = postgres.url("up_and_down")
    sqlalchemy_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    migrate(sqlalchemy_url)
    migrate(sqlalchemy_url, "base")
    with psycopg.connect(url) as connection:
        left = connection.execute(
            "select schema_name from information_schema.schemata "
            "where schema_name in ('shop', 'raw_shop', 'predictions', 'quarantine', 'monitoring', 'features') "
            "or schema_name like 'feast%'"
        ).fetchall()
    assert left == []
    migrate(sqlalchemy_url)


@pytest.mark.parametrize("table", ["users", "addresses", "events", "payment_attempts", "sessions", "messages"])
def test_raw_copy_holds_no_personal_data(database_url: str, table: str) -> None:
    personal = {
        "email",
        "phone",
        "full_name",
        "password_hash",
        "recipient_name",
        "line_1",
        "line_2",
        "postcode",
        "ip_address",
        "body",
    }
    with psycopg.connect(database_url) as connection:
        columns = {
            row[0]
            for row in connection.execute(
                "select column_name from information_schema.columns where table_schema = 'raw_shop' and table_name = %s", [table]
            )
        }
    assert columns
    assert not columns & personal


def test_order_total_that_does_not_add_up_is_refused(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shop.users (user_id, role, email, full_name, signed_up_at) values ('u', 'customer', 'a@b', 'A', now())"
        )
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(
                "insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, ordered_at) "
                "values ('o1', 'u', 'created', 'BDT', 100, 99, now())"
            )


def test_audit_log_refuses_change(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("insert into shop.audit_log (action, object_type, object_id) values ('refund', 'order', 'o1')")
        with pytest.raises(psycopg.errors.RaiseException):
            connection.execute("delete from shop.audit_log")


def test_current_database_is_told_from_an_older_one(postgres: EmbeddedPostgres) -> None:
    postgres.create_databases(("is_it_current",))
    url = postgres.url("is_it_current")
    assert not is_current(url)
    migrate(url.replace("postgresql://", "postgresql+psycopg://", 1), "0003")
    assert not is_current(url)
    migrate(url.replace("postgresql://", "postgresql+psycopg://", 1))
    assert is_current(url)
