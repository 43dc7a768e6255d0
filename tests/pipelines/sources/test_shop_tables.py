from datetime import UTC, datetime, timedelta

import polars as pl
import psycopg
import pytest

from marketplace.errors import InvalidInputError, MissingColumnsError
from pipelines.sources.shop_tables import LOADING_ORDER, LoadReport, MarketplaceFacts, load_into_shop
from tests.pipelines.sources.conftest import OF_ONE_ROW, WRITTEN_BY_THE_SHOP, shop_checksums

FACTS = MarketplaceFacts("simulation", "BDT", "Asia/Dhaka", True, datetime(2026, 1, 1, tzinfo=UTC))
THEN = datetime(2025, 6, 1, tzinfo=UTC)


def users(*rows: dict[str, object]) -> pl.DataFrame:
    usual = {"role": "customer", "full_name": "Somebody", "signed_up_at": THEN}
    return pl.DataFrame([usual | {"email": f"{row['user_id']}@x.example"} | row for row in rows])


def load(database_url: str, tables: dict[str, pl.DataFrame], facts: MarketplaceFacts = FACTS, *, add: bool = False) -> LoadReport:
    return load_into_shop(database_url, tables, facts, demo_password="secret", add=add)


def fetch(database_url: str, query: str) -> list[tuple]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_loading_order_names_every_table_that_a_source_may_fill(database_url: str) -> None:
    tables = {row[0] for row in fetch(database_url, "select tablename::text from pg_tables where schemaname = 'shop'")}
    assert set(LOADING_ORDER) <= tables
    assert tables - set(LOADING_ORDER) <= WRITTEN_BY_THE_SHOP | OF_ONE_ROW


def test_bad_rows_go_to_quarantine_and_the_rest_stays(database_url: str) -> None:
    categories = pl.DataFrame(
        {
            "category_id": ["good", "child-of-good", "orphan", "child-of-orphan"],
            "parent_category_id": [None, "good", "nowhere", "orphan"],
            "name": ["Good", "Child", "Orphan", "Grandchild"],
            "path": ["Good", "Good > Child", "Orphan", "Orphan > Grandchild"],
        }
    )
    people = users({"user_id": "u-1"}, {"user_id": "u-2", "role": "pirate"}, {"user_id": "u-3", "full_name": None})
    report = load(database_url, {"categories": categories, "users": people})
    assert [row[0] for row in fetch(database_url, "select category_id from shop.categories order by 1")] == [
        "child-of-good",
        "good",
    ]
    assert (report.tables["categories"].inserted, report.tables["categories"].quarantined) == (2, 2)
    assert (report.tables["users"].inserted, report.tables["users"].quarantined) == (1, 2)
    put_aside = fetch(database_url, "select object, row_key, reason, payload ->> 'role' from quarantine.rows order by 1, 2")
    assert [row[:2] for row in put_aside] == [
        ("categories", "child-of-orphan"), ("categories", "orphan"), ("users", "u-2"), ("users", "u-3")
    ]  # fmt: skip
    assert put_aside[1][2] == "parent_category_id is not in shop.categories"
    assert put_aside[2][2].startswith("breaks users_role_check")
    assert put_aside[2][3] == "pirate"
    assert put_aside[3][2] == "full_name is missing"


def test_values_that_are_no_numbers_or_times_are_put_aside(database_url: str) -> None:
    networks = pl.DataFrame(
        {
            "network": ["10.1.0.0/16", "10.2.0.0/16", "not a network", "10.4.0.0/16", "10.5.0.0/16"],
            "country_code": ["BD", "BD", "BD", "BANGLADESH", "BD"],
            "latitude": ["23.8", "north", "23.8", "23.8", "NaN"],
        }
    )
    people = users({"user_id": "u-1"}).with_columns(signed_up_at=pl.lit("yesterday"))
    report = load(database_url, {"networks": networks, "users": people})
    assert fetch(database_url, "select network::text, latitude from shop.networks") == [("10.1.0.0/16", 23.8)]
    assert sorted(reason for _, reason in report.reasons) == [
        "country_code is no character", "latitude is no double precision", "network is no cidr",
        "signed_up_at is no timestamp with time zone",
    ]  # fmt: skip
    assert report.quarantined == 5


def test_taken_email_and_changed_repeat_are_put_aside(database_url: str) -> None:
    people = users(
        {"user_id": "u-1", "email": "same@x.example"},
        {"user_id": "u-2", "email": "SAME@x.example"},
        {"user_id": "u-3"},
        {"user_id": "u-3"},
        {"user_id": "u-4", "full_name": "First"},
        {"user_id": "u-4", "full_name": "Second"},
    )
    report = load(database_url, {"users": people})
    loaded = report.tables["users"]
    assert (loaded.inserted, loaded.already_there, loaded.quarantined) == (3, 1, 2)
    assert set(report.reasons) == {
        ("users", "another row has the same unique value"), ("users", "the same key came before with other values")
    }  # fmt: skip
    names = dict(fetch(database_url, "select user_id, full_name from shop.users where not is_demo_account"))
    assert names == {"u-1": "Somebody", "u-3": "Somebody", "u-4": "First"}


def test_events_of_unknown_sessions_and_products_are_put_aside(database_url: str) -> None:
    sessions = pl.DataFrame({"session_id": ["n-1"], "started_at": [THEN], "last_seen_at": [THEN]})
    events = pl.DataFrame(
        {
            "event_id": ["e-1", "e-2", "e-3"],
            "event_type": ["page_view"] * 3,
            "session_id": ["n-1", "n-2", "n-1"],
            "product_id": [None, None, "p-unknown"],
            "occurred_at": [THEN] * 3,
        }
    )
    report = load(database_url, {"sessions": sessions, "events": events})
    assert report.tables["events"].inserted == 1
    assert {reason for _, reason in report.reasons} == {
        "session_id is not in shop.sessions",
        "product_id is not in shop.products",
    }


def test_loading_twice_changes_nothing(database_url: str) -> None:
    tables = {"users": users({"user_id": "u-1"}, {"user_id": "u-2", "role": "pirate"})}
    load(database_url, tables)
    before, aside = shop_checksums(database_url), fetch(database_url, "select count(*) from quarantine.rows")
    report = load(database_url, tables)
    assert report.inserted == 0
    assert report.tables["users"].already_there == 1
    assert shop_checksums(database_url) == before
    assert fetch(database_url, "select count(*) from quarantine.rows") == aside
    assert fetch(database_url, "select seen_count from quarantine.rows") == [(2,)]


def test_failing_load_leaves_nothing(database_url: str) -> None:
    with pytest.raises(MissingColumnsError, match=r"shop\.sellers lack country_code"):
        load(database_url, {"users": users({"user_id": "u-1"}), "sellers": pl.DataFrame({"seller_id": ["s"], "user_id": ["u-1"],
             "shop_name": ["S"], "joined_at": [THEN]})})  # fmt: skip
    assert fetch(database_url, "select count(*) from shop.users") == [(0,)]
    assert fetch(database_url, "select count(*) from shop.marketplace") == [(0,)]


def test_unknown_table_or_column_is_refused(database_url: str) -> None:
    with pytest.raises(InvalidInputError, match="no shop table is called truth"):
        load(database_url, {"truth": users({"user_id": "u-1"})})
    with pytest.raises(InvalidInputError, match=r"shop\.users has no column fraud_kind"):
        load(database_url, {"users": users({"user_id": "u-1", "fraud_kind": "ring"})})


def test_other_source_is_refused_unless_added(database_url: str) -> None:
    load(database_url, {"users": users({"user_id": "u-1"})})
    other = MarketplaceFacts("olist", "BRL", "America/Sao_Paulo", False, datetime(2018, 10, 18, tzinfo=UTC))
    with pytest.raises(InvalidInputError, match=r"filled from simulation .* `marketplace reset`, or load both with --add"):
        load(database_url, {"users": users({"user_id": "u-2"})}, other)
    load(database_url, {"users": users({"user_id": "u-2"})}, other, add=True)
    assert fetch(database_url, "select source, currency, is_simulated, data_until::date::text from shop.marketplace") == [
        ("simulation", "BDT", True, "2026-01-01")
    ]


def test_column_with_default_may_be_absent_or_null(database_url: str) -> None:
    load(database_url, {"users": users({"user_id": "u-1", "locale": None}, {"user_id": "u-2", "locale": "bn"})})
    rows = fetch(
        database_url, "select user_id, locale, wants_personalisation from shop.users where user_id like 'u-%' order by 1"
    )
    assert rows == [("u-1", "en", True), ("u-2", "bn", True)]


def test_row_with_news_restates_its_own_and_says_so(database_url: str) -> None:
    load(database_url, {"users": users({"user_id": "u-1"}, {"user_id": "u-2"}, {"user_id": "u-3"})})
    before = dict(fetch(database_url, "select user_id, updated_at from shop.users"))
    late = users({"user_id": "u-1", "full_name": "Corrected"}, {"user_id": "u-2"}, {"user_id": "u-4"})
    loaded = load(database_url, {"users": late}).tables["users"]
    assert (loaded.inserted, loaded.restated, loaded.already_there, loaded.quarantined) == (1, 1, 1, 0)
    after = dict(fetch(database_url, "select user_id, updated_at from shop.users"))
    assert {user for user in before if after[user] != before[user]} == {"u-1"}
    assert fetch(database_url, "select source, object, row_key, restated_columns from ingest.restatements") == [
        ("simulation", "users", "u-1", ["full_name"])
    ]
    again = load(database_url, {"users": users({"user_id": "u-1", "full_name": "Corrected twice"})}).tables["users"]
    assert again.restated == 1
    assert fetch(database_url, "select full_name from shop.users where user_id = 'u-1'") == [("Corrected twice",)]


def test_attempts_of_the_past_have_the_sellers_hours_added_up_again(database_url: str) -> None:
    usual = {"customer_id": "u-1", "method": "card", "currency": "BDT", "outcome": "authorised", "seller_id": "potter"}
    early = pl.DataFrame([usual | {"payment_attempt_id": "a-1", "amount_minor": 5, "attempted_at": THEN}])
    late = early.with_columns(payment_attempt_id=pl.lit("a-2"), attempted_at=THEN + timedelta(hours=3))
    hours = "select hour, attempt_count, amount_minor, last_customer_count from shop.seller_hours order by hour"
    load(database_url, {"users": users({"user_id": "u-1"}), "payment_attempts": early})
    assert fetch(database_url, hours) == []  # the relay has not begun
    with psycopg.connect(database_url) as connection:
        until = THEN + timedelta(hours=2)
        connection.execute("update shop.seller_hours_added_up set added_up_from = %s, added_up_until = %s", [THEN, until])
    load(database_url, {"payment_attempts": early.with_columns(amount_minor=pl.lit(6))})
    assert fetch(database_url, hours) == [(THEN, 1, 6, 1)]
    load(database_url, {"payment_attempts": late})
    assert fetch(database_url, hours) == [(THEN, 1, 6, 1)]
    with psycopg.connect(database_url) as connection:
        connection.execute("update shop.seller_hours_added_up set added_up_until = %s", [THEN + timedelta(hours=4)])
    another = late.with_columns(payment_attempt_id=pl.lit("a-3"), customer_id=pl.lit("u-2"))
    load(database_url, {"users": users({"user_id": "u-2"}), "payment_attempts": another})
    assert fetch(database_url, hours) == [(THEN, 1, 6, 0), (THEN + timedelta(hours=3), 2, 10, 2)]


def test_row_that_the_shop_changed_itself_keeps_its_word(database_url: str) -> None:
    load(database_url, {"users": users({"user_id": "u-1"}, {"user_id": "u-2"})})
    with psycopg.connect(database_url) as connection:
        connection.execute("update shop.users set full_name = 'By the shop' where user_id = 'u-1'")
    late = users({"user_id": "u-1", "full_name": "By the file"}, {"user_id": "u-2", "full_name": "By the file"})
    loaded = load(database_url, {"users": late}).tables["users"]
    assert (loaded.restated, loaded.kept, loaded.quarantined) == (1, 1, 0)
    names = fetch(database_url, "select full_name from shop.users where user_id like 'u-%' order by user_id")
    assert names == [("By the shop",), ("By the file",)]


def test_news_that_take_anothers_unique_value_are_put_aside_alone(database_url: str) -> None:
    load(database_url, {"users": users({"user_id": "u-1"}, {"user_id": "u-2"}, {"user_id": "u-3"})})
    late = users({"user_id": "u-1", "email": "u-3@x.example"}, {"user_id": "u-2", "full_name": "Corrected"})
    loaded = load(database_url, {"users": late}).tables["users"]
    assert (loaded.restated, loaded.already_there, loaded.quarantined) == (1, 0, 1)
    assert fetch(database_url, "select row_key, reason from quarantine.rows") == [
        ("u-1", "another row has the same unique value")
    ]


def test_corrected_row_ends_its_quarantine_and_a_relapse_opens_it_again(database_url: str) -> None:
    bad, good = users({"user_id": "u-1", "role": "pirate"}), users({"user_id": "u-1", "role": "seller"})
    state = "select resolution, seen_count, resolved_at is not null from quarantine.rows"
    load(database_url, {"users": bad})
    assert fetch(database_url, state) == [(None, 1, False)]
    load(database_url, {"users": good})
    assert fetch(database_url, state) == [("loaded", 1, True)]
    load(database_url, {"users": bad})
    assert fetch(database_url, state) == [(None, 2, False)]
    assert fetch(database_url, "select role from shop.users where user_id = 'u-1'") == [("seller",)]


def test_large_first_load_leaves_every_index_and_no_repeat(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sources.first_load._MANY_ROWS", 3)
    indexes = "select indexname::text, indexdef from pg_indexes where schemaname = 'shop' and tablename = 'events' order by 1"
    constraints = "select conname::text, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'shop.events'::regclass"
    before = fetch(database_url, indexes), sorted(fetch(database_url, constraints))
    sessions = pl.DataFrame({"session_id": ["n-1"], "started_at": [THEN], "last_seen_at": [THEN]})
    events = pl.DataFrame({"event_id": ["e-1", "e-2", "e-2", "e-3", "e-3"], "event_type": ["page_view"] * 4 + ["search"]})
    events = events.with_columns(session_id=pl.lit("n-1"), occurred_at=pl.lit(THEN))
    loaded = load(database_url, {"sessions": sessions, "events": events}).tables["events"]
    assert (loaded.inserted, loaded.already_there, loaded.quarantined) == (3, 1, 1)
    assert (fetch(database_url, indexes), sorted(fetch(database_url, constraints))) == before
    types = "select event_id, event_type from shop.events order by 1"
    assert fetch(database_url, types) == [("e-1", "page_view"), ("e-2", "page_view"), ("e-3", "page_view")]


def test_empty_text_stays_apart_from_no_value(database_url: str) -> None:
    load(database_url, {"users": users({"user_id": "u-1", "phone": ""}, {"user_id": "u-2", "phone": None})})
    assert fetch(database_url, "select phone from shop.users where user_id like 'u-%' order by user_id") == [("",), (None,)]
