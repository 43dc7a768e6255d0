"""One valid row of each kind, inserted by psycopg; every value may be overridden by keyword."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

PASSWORD = "customise-you"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
_numbers = count(1)


def insert(connection: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Insert the row into `schema.table` and give it back."""
    values = [Jsonb(value) if isinstance(value, dict | list) else value for value in row.values()]
    query = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() for _ in row),
    )
    connection.execute(query, values)
    return row


def make_user(connection: psycopg.Connection[Any], **given: Any) -> dict[str, Any]:
    """A customer who can sign in with `PASSWORD`."""
    number = next(_numbers)
    row = {
        "user_id": f"u{number}",
        "role": "customer",
        "email": f"person{number}@example.org",
        "full_name": f"Person {number}",
        "password_hash": password_hash(),
        "signed_up_at": NOON - timedelta(days=100),
    }
    return insert(connection, "shop.users", row | given)


def make_address(connection: psycopg.Connection[Any], user_id: str, **given: Any) -> dict[str, Any]:
    """The default address of a user, in Dhaka."""
    number = next(_numbers)
    row = {
        "address_id": f"a{number}",
        "user_id": user_id,
        "recipient_name": "Person",
        "line_1": f"{number} Lake Road",
        "city": "Dhaka",
        "country_code": "BD",
        "latitude": 23.8,
        "longitude": 90.4,
        "address_hash": f"address-hash-{number}",
        "is_default": True,
    }
    return insert(connection, "shop.addresses", row | given)


def make_seller(connection: psycopg.Connection[Any], **given: Any) -> dict[str, Any]:
    """An approved seller with a user of their own; takes 10 % commission."""
    user_id = given.pop("user_id", None) or make_user(connection, role="seller")["user_id"]
    number = next(_numbers)
    row = {
        "seller_id": f"s{number}",
        "user_id": user_id,
        "shop_name": f"Shop {number}",
        "country_code": "BD",
        "commission_bps": 1000,
        "joined_at": NOON - timedelta(days=200),
    }
    return insert(connection, "shop.sellers", row | given)


def make_category(connection: psycopg.Connection[Any], **given: Any) -> dict[str, Any]:
    """A category at the top of the tree."""
    number = next(_numbers)
    row = {"category_id": f"c{number}", "name": f"Category {number}", "path": f"Category {number}"}
    return insert(connection, "shop.categories", row | given)


def make_product(connection: psycopg.Connection[Any], seller_id: str, *, units: int = 10, **given: Any) -> dict[str, Any]:
    """A product on sale for 1,000.00 BDT with `units` in stock."""
    number = next(_numbers)
    row = {
        "product_id": f"p{number}",
        "seller_id": seller_id,
        "title": f"Product {number}",
        "price_minor": 100_000,
        "currency": "BDT",
        "listed_at": NOON - timedelta(days=50),
    }
    made = insert(connection, "shop.products", row | given)
    insert(connection, "shop.stock", {"product_id": made["product_id"], "units_on_hand": units})
    return made


def make_customisation(connection: psycopg.Connection[Any], product_id: str, **given: Any) -> dict[str, Any]:
    """An optional engraving of up to ten characters for 50.00 more."""
    row = {
        "customisation_id": f"k{next(_numbers)}",
        "product_id": product_id,
        "name": "Engraving",
        "kind": "text",
        "max_length": 10,
        "price_minor": 5_000,
    }
    return insert(connection, "shop.customisations", row | given)


def make_attempt(connection: psycopg.Connection[Any], customer_id: str, **given: Any) -> dict[str, Any]:
    """An authorised payment attempt of 1,000.00 BDT at noon."""
    row = {
        "payment_attempt_id": f"t{next(_numbers)}",
        "customer_id": customer_id,
        "method": "card",
        "amount_minor": 100_000,
        "currency": "BDT",
        "outcome": "authorised",
        "attempted_at": NOON,
    }
    return insert(connection, "shop.payment_attempts", row | given)


@cache
def password_hash() -> str:
    """A hash of `PASSWORD`, cheap enough to be made often."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1),)).hash(PASSWORD)
