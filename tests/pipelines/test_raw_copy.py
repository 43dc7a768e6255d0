"""The copy shop → raw_shop: complete, incremental, repeatable and without personal data."""

import psycopg
import pytest

from marketplace.errors import NotFoundError
from pipelines import raw_copy
from pipelines.raw_copy import RawCopy, copy_to_raw

PERSONAL = {"email", "phone", "full_name", "password_hash", "recipient_name", "line_1", "line_2", "postcode", "ip_address"}


def add_users(database_url: str, *names: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.cursor().executemany(
            "insert into shop.users (user_id, role, email, full_name, signed_up_at) values (%s, 'customer', %s, %s, now())",
            [(name, f"{name}@example.org", f"{name.title()} Rahman") for name in names],
        )


def scalar(database_url: str, query: str) -> object:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
        assert row is not None
        return row[0]


def test_first_run_copies_every_row_with_its_source(database_url: str) -> None:
    add_users(database_url, "amina", "karim")
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shop.marketplace (source, currency, is_simulated, data_until) values ('olist', 'BRL', false, now())"
        )
    copied = copy_to_raw(database_url)
    assert copied["users"] == RawCopy(rows_copied=2)
    assert copied["orders"] == RawCopy(rows_copied=0)
    assert len(copied) == 29
    assert scalar(database_url, "select count(*) from raw_shop.users where source = 'olist' and loaded_at <= now()") == 2


def test_second_run_copies_nothing(database_url: str) -> None:
    add_users(database_url, "amina", "karim")
    copy_to_raw(database_url)
    assert sum(table.rows_copied for table in copy_to_raw(database_url).values()) == 0


def test_changed_and_new_rows_arrive_alone(database_url: str) -> None:
    add_users(database_url, "amina", "karim")
    copy_to_raw(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("update shop.users set locale = 'bn' where user_id = 'karim'")
    add_users(database_url, "noor")
    assert copy_to_raw(database_url, ["users"]) == {"users": RawCopy(rows_copied=2)}
    assert scalar(database_url, "select locale from raw_shop.users where user_id = 'karim'") == "bn"


def test_rows_of_a_bulk_load_are_not_read_to_see_that_there_are_no_newer_ones(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shop.users (user_id, role, email, full_name, signed_up_at)"
            " select 'u' || n, 'customer', n || '@example.org', 'N', now() from generate_series(1, 5000) as n"
        )
    copy_to_raw(database_url, ["users"])
    with psycopg.connect(database_url) as connection:  # of them nobody has gathered statistics
        connection.execute("update changes.logs set copied_until = now() where table_name = 'users'")
        users = raw_copy.raw_tables(connection)["users"]
        assert raw_copy._stirred(connection, [users]) == set()
        read = connection.execute("select seq_tup_read from pg_stat_xact_user_tables where relid = 'shop.users'::regclass")
        assert read.fetchone() == (0,)
        connection.execute("update shop.users set locale = 'bn' where user_id = 'u7'")
        assert raw_copy._stirred(connection, [users]) == {"users"}


def test_row_committed_late_by_a_long_transaction_is_not_lost(database_url: str) -> None:
    with psycopg.connect(database_url) as slow:
        slow.execute(
            "insert into shop.users (user_id, role, email, full_name, signed_up_at)"
            " values ('slow', 'customer', 's@example.org', 'S', now())"
        )
        add_users(database_url, "amina")
        copy_to_raw(database_url)  # amina is newer than the row not yet committed
        slow.commit()
    assert copy_to_raw(database_url)["users"] == RawCopy(rows_copied=1)


def test_raw_holds_no_personal_column(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        columns = {
            row[0]
            for row in connection.execute("select column_name from information_schema.columns where table_schema = 'raw_shop'")
        }
    assert columns & PERSONAL == set()


def test_failed_table_leaves_the_earlier_ones_copied_and_reruns(database_url: str) -> None:
    add_users(database_url, "amina")
    with psycopg.connect(database_url) as connection:
        connection.execute("alter table raw_shop.users add column gone text")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        copy_to_raw(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("alter table raw_shop.users drop column gone")
    assert copy_to_raw(database_url)["users"] == RawCopy(rows_copied=1)


def test_unknown_table_is_named(database_url: str) -> None:
    with pytest.raises(NotFoundError, match="carts"):
        copy_to_raw(database_url, ["carts"])


def test_composite_key_is_respected(database_url: str) -> None:
    add_users(database_url, "amina")
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shop.users (user_id, role, email, full_name, signed_up_at)"
            " values ('s', 'seller', 's@example.org', 'S', now())"
        )
        connection.execute(
            """
            insert into shop.sellers (seller_id, user_id, shop_name, country_code, joined_at) values ('s', 's', 'S', 'BD', now());
            insert into shop.products (product_id, seller_id, title, price_minor, currency, listed_at)
                values ('p', 's', 'P', 1, 'BDT', now()), ('q', 's', 'Q', 1, 'BDT', now());
            insert into shop.wishlist_items (user_id, product_id, added_at) values ('amina', 'p', now()), ('amina', 'q', now());
            """
        )
    assert copy_to_raw(database_url)["wishlist_items"] == RawCopy(rows_copied=2)
    with psycopg.connect(database_url) as connection:
        connection.execute("update shop.wishlist_items set removed_at = now() where product_id = 'q'")
    assert copy_to_raw(database_url)["wishlist_items"] == RawCopy(rows_copied=1)
    assert scalar(database_url, "select count(*) from raw_shop.wishlist_items where removed_at is not null") == 1


def test_what_a_copy_changes_is_logged_as_it_was_and_as_it_is_until_it_is_read(database_url: str) -> None:
    add_users(database_url, "amina", "karim")
    copy_to_raw(database_url)
    assert scalar(database_url, "select count(*) from changes.users") == 0, "nobody reads users yet"
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into changes.readers (table_name, reader, definition, read_until) values ('users', 'dims', '', now());"
            "update shop.users set locale = 'bn' where user_id = 'karim'"
        )
    add_users(database_url, "noor")
    copy_to_raw(database_url)
    logged = "select string_agg(user_id || ' ' || locale, ', ' order by user_id, locale desc) from changes.users"
    assert scalar(database_url, logged) == "karim en, karim bn, noor en"
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "update changes.readers set read_until = now();update shop.users set locale = 'en' where user_id = 'noor'"
        )
        connection.execute("update shop.users set locale = 'bn' where user_id = 'amina'")
    copy_to_raw(database_url)
    assert "karim" not in str(scalar(database_url, logged)), "what everybody has read is forgotten"


def test_raw_table_with_another_column_sends_its_readers_to_the_beginning(database_url: str) -> None:
    add_users(database_url, "amina")
    copy_to_raw(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into changes.readers (table_name, reader, definition, read_until) values ('users', 'dims', '', now());"
            "alter table shop.users add column nickname text; alter table raw_shop.users add column nickname text"
        )
    copy_to_raw(database_url)
    assert scalar(database_url, "select count(*) from changes.readers") == 0
    assert scalar(database_url, "select count(*) from information_schema.columns where column_name = 'nickname'") == 3
