"""Corrected rows go the way of first-time rows: what fits is loaded and resolved, what does not waits with its new reason."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from marketplace.errors import InvalidInputError, NotFoundError
from marketplace.settings import Settings
from pipelines.sources import ingest, waiting
from pipelines.sources.resending import resend, resend_waiting
from pipelines.sources.shop_tables import load_into_shop
from tests.pipelines.sources.conftest import shop_checksums
from tests.pipelines.sources.test_csv_shop import FILES, folder, write  # noqa: F401
from tests.pipelines.sources.test_shop_tables import FACTS, users


def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


@pytest.fixture
def pirates(database_url: str) -> str:
    """A shop of the simulation with three people whose role is none."""
    rows = users(*({"user_id": f"u-{number}", "role": "pirate"} for number in (1, 2, 3)))
    load_into_shop(database_url, {"users": rows}, FACTS, demo_password="secret")
    return database_url


def payloads(url: str) -> dict[int, Any]:
    return {row.quarantine_id: row.payload for row in waiting.find(url)}


def test_rows_that_fit_now_are_loaded_and_the_others_wait_with_their_new_reason(pirates: str) -> None:
    corrections = {key: row | {"role": "customer"} for key, row in payloads(pirates).items()}
    bad = next(key for key, row in corrections.items() if row["user_id"] == "u-2")
    corrections[bad]["full_name"] = None
    outcomes = {outcome.quarantine_id: outcome for outcome in resend(pirates, corrections, by="me")}
    assert [outcomes[key].is_loaded for key in sorted(corrections)] == [key != bad for key in sorted(corrections)]
    assert outcomes[bad].reason == "full_name is missing"
    assert fetch(pirates, "select user_id from shop.users where user_id like 'u-%' order by 1") == [("u-1",), ("u-3",)]
    history = fetch(pirates, "select row_key, resolution, corrected_by from quarantine.rows order by quarantine_id")
    assert sorted(history[:3]) == [("u-1", "loaded", "me"), ("u-2", "replaced", "me"), ("u-3", "loaded", "me")]
    assert history[3:] == [("u-2", None, None)]
    [open_row] = waiting.find(pirates)
    assert (open_row.row_key, open_row.reason, open_row.quarantine_id) == ("u-2", "full_name is missing", outcomes[bad].waits_as)


def test_sending_twice_changes_nothing(pirates: str) -> None:
    corrections = {key: row | {"role": "customer"} for key, row in payloads(pirates).items()}
    resend(pirates, corrections)
    before, aside = shop_checksums(pirates), fetch(pirates, "select quarantine_id, resolution from quarantine.rows order by 1")
    assert all(outcome.is_loaded for outcome in resend(pirates, corrections))
    assert shop_checksums(pirates) == before
    assert fetch(pirates, "select quarantine_id, resolution from quarantine.rows order by 1") == aside


def test_row_sent_again_as_it_was_waits_as_it_was(pirates: str) -> None:
    before = payloads(pirates)
    outcomes = resend(pirates, before)
    assert [(outcome.is_loaded, outcome.waits_as) for outcome in outcomes] == [(False, key) for key in sorted(before)]
    assert payloads(pirates) == before


def test_row_of_a_shops_file_is_read_like_its_file(folder: Path, database_url: str) -> None:  # noqa: F811
    write(folder, orders=FILES["orders"] + "o-3,c-1,2025-05-06T10:00:00,lost\n")
    write(folder, order_items=FILES["order_items"] + "o-3,1,p-1,1,10.00,,\n")
    ingest("csv", folder, Settings(database={"url": database_url}))  # type: ignore[arg-type]
    found = {row.object: row for row in waiting.find(database_url)}
    assert found["order_items.csv"].reason == "order_id names no good row of orders.csv, nor of the shop"
    assert found["orders.csv"].context == {"file": "orders.csv", "line": 4, "column": "status", "came": "lost"}
    corrections = {
        row.quarantine_id: row.payload | ({"status": "delivered"} if name == "orders.csv" else {}) for name, row in found.items()
    }
    assert all(outcome.is_loaded for outcome in resend(database_url, corrections))
    assert fetch(database_url, "select total_minor from shop.orders where order_id = 'o-3'") == [(1000,)]
    assert fetch(database_url, "select amount_minor from shop.transactions where order_id = 'o-3'") == [(1000,)]
    assert waiting.find(database_url) == []


def test_row_of_olist_needs_the_files_beside_it(olist_folder: Path, database_url: str) -> None:
    settings = Settings(database={"url": database_url})  # type: ignore[arg-type]
    ingest("olist", olist_folder, settings)
    [row] = waiting.find(database_url, object_="olist_orders_dataset")
    correction = {row.quarantine_id: row.payload | {"order_status": "delivered"}}
    with pytest.raises(InvalidInputError, match="name their folder with --path"):
        resend(database_url, correction)
    [outcome] = resend(database_url, correction, folder=olist_folder)
    assert outcome.is_loaded
    assert fetch(database_url, "select status from shop.orders where order_id = 'o-4'") == [("delivered",)]
    assert not waiting.find(database_url, object_="olist_orders_dataset")


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_exported_rows_come_back_as_they_went(pirates: str, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"bad.{ending}"
    waiting.write(file, waiting.find(pirates))
    assert file.stat().st_mode & 0o777 == 0o600
    assert waiting.read(file, pirates) == payloads(pirates)
    file.write_text(file.read_text().replace("pirate", "customer"))
    # the reason of the check names the words, and is no part of what is read back
    assert {row["role"] for row in waiting.read(file, pirates).values()} == {"customer"}
    with pytest.raises(InvalidInputError, match="is there already"):
        waiting.write(file, [])


@pytest.mark.parametrize(("text", "message"), [("{", "line 1 is not JSON"), ("{}", "line 1 has no payload"),
                         ('{"quarantine_id": "x", "payload": {}}', "quarantine_id is no number")])  # fmt: skip
def test_broken_file_is_refused_with_its_line(pirates: str, tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(text)
    with pytest.raises(InvalidInputError, match=message):
        waiting.read(file, pirates)


def test_unknown_id_is_refused(pirates: str) -> None:
    with pytest.raises(NotFoundError, match="no row 999999 is in quarantine"):
        resend(pirates, {999_999: {}})


def test_payload_that_is_no_row_is_kept_with_that_reason(pirates: str) -> None:
    key = min(payloads(pirates))
    [outcome] = resend(pirates, {key: [1, 2]})
    assert (outcome.is_loaded, outcome.reason) == (False, f"row {key} is not an object of columns and values; write it as one")
    [outcome] = resend(pirates, {key: {"user_id": "u-1", "ship": "Black Pearl"}})
    assert "has no column ship" in (outcome.reason or "")


def test_correction_of_the_page_is_sent_once(pirates: str) -> None:
    key = min(payloads(pirates))
    with psycopg.connect(pirates) as connection:
        connection.execute(
            "update quarantine.rows set correction = payload || '{\"role\": \"seller\"}', corrected_by = 'admin-1' "
            "where quarantine_id = %s",
            [key],
        )
    assert [outcome.is_loaded for outcome in resend_waiting(pirates)] == [True]
    assert resend_waiting(pirates) == []
    assert fetch(pirates, f"select resolution, corrected_by, correction from quarantine.rows where quarantine_id = {key}") == [
        ("loaded", "admin-1", None)
    ]


def test_many_corrections_cost_few_loads(database_url: str) -> None:
    rows = users(*({"user_id": f"u-{number}", "role": "pirate"} for number in range(200)))
    load_into_shop(database_url, {"users": rows}, FACTS, demo_password="secret")
    corrections = {key: row | {"role": "customer"} for key, row in payloads(database_url).items()}
    corrections[max(corrections)]["full_name"] = None
    outcomes = resend(database_url, corrections)
    assert [outcome.reason for outcome in outcomes if not outcome.is_loaded] == ["full_name is missing"]
    assert fetch(database_url, "select count(*) from shop.users where user_id like 'u-%'") == [(199,)]


def test_surplus_of_a_cell_waits_until_it_is_gone(folder: Path, database_url: str) -> None:  # noqa: F811
    colours = " | ".join(f"shade {number}" for number in range(12))
    heading = FILES["products"].splitlines()[0]
    rows = f"p-1,s-1,Cushion,1250.50,Home,12,{colours},{colours}\np-2,s-1,Kantha,99,Home,,,\n"
    write(folder, products=f"{heading},colour,material\n{rows}")
    ingest("csv", folder, Settings(database={"url": database_url}))  # type: ignore[arg-type]
    [row] = waiting.find(database_url)
    [same] = resend(database_url, {row.quarantine_id: row.payload})
    assert (same.is_loaded, same.waits_as) == (False, row.quarantine_id)
    [half] = resend(database_url, {row.quarantine_id: row.payload | {"colour": "blue | white"}})
    assert (half.is_loaded, (half.reason or "").split()[0]) == (False, "material")
    [rest] = waiting.find(database_url)
    assert rest.payload["colour"] == "blue | white"
    [mended] = resend(database_url, {rest.quarantine_id: rest.payload | {"material": "silk"}})
    assert mended.is_loaded
    assert fetch(database_url, "select colour, attributes ->> 'further_values' from shop.products where product_id = 'p-1'") == [
        ("blue", '{"colour": ["white"]}')
    ]
    assert waiting.find(database_url) == []
