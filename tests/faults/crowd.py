"""A shop with a thousand and more of whatever has features: customers, devices, products, sellers and visits.

A simulation of few days has a thousand customers who look around, but only hundreds of orders: here everybody also buys.
"""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import psycopg

from cli.progress import ExitStatus
from tests.living import Living, ingest_simulation

SIZE = ("--customers", "1200", "--products", "1200", "--sellers", "1200", "--days", "14", "--seed", "5")
BUYERS = VISITORS = 1100

# Each of the first so many sellers lists one thing more, which the customer of the same rank buys, from the device of that rank.
_EVERYBODY_BUYS = """
create temporary table purchase as
select
    number, user_id as customer_id, seller_id, device_id, 'crowd-' || number as name, 50000 + number as price,
    date_trunc('second', now()) - interval '1 day' * (2 + number %% 10) - interval '1 minute' * number as bought_at
from (select user_id, row_number() over (order by user_id) as number from shop.users where role = 'customer') as customers
join (select seller_id, row_number() over (order by seller_id) as number from shop.sellers) as sellers using (number)
join (select device_id, row_number() over (order by device_id) as number from shop.devices) as devices using (number)
where number <= %(buyers)s;

insert into shop.products (product_id, seller_id, title, price_minor, currency, listed_at)
select name, seller_id, 'Walnut bowl ' || number, price, 'BDT', bought_at - interval '30 days' from purchase;

insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, ordered_at, approved_at,
    shipped_at, delivered_at)
select name, customer_id, 'delivered', 'BDT', price, price, bought_at, bought_at, bought_at + interval '8 hours',
    bought_at + interval '20 hours' from purchase;

insert into shop.order_items (order_item_id, order_id, line_number, product_id, seller_id, quantity, unit_price_minor,
    total_minor, currency, ship_by_at, shipped_at, delivered_at)
select name, name, 1, name, seller_id, 1, price, price, 'BDT',
    bought_at + interval '1 hour' * (4 + number %% 9), bought_at + interval '8 hours', bought_at + interval '20 hours'
from purchase;

insert into shop.payment_attempts (payment_attempt_id, order_id, customer_id, device_id, card_token, method, amount_minor,
    currency, outcome, attempted_at)
select name || '-' || attempt, name, customer_id, device_id, 'card-' || number, 'card', price, 'BDT',
    case attempt when 2 then 'authorised' else 'declined' end, bought_at - interval '1 minute' * (2 - attempt)
from purchase, generate_series(1 + number %% 2, 2) as attempt;

insert into shop.transactions (transaction_id, order_id, payment_attempt_id, kind, method, amount_minor, currency, occurred_at)
select name, name, name || '-2', 'charge', 'card', price, 'BDT', bought_at from purchase;

insert into shop.reviews (review_id, order_id, product_id, seller_id, customer_id, rating, reviewed_at)
select name || '-' || again, name, name, seller_id, customer_id, 1 + (number + again) %% 5, bought_at + interval '1 day'
from purchase, generate_series(1, 1 + number %% 3) as again;
"""


def fill(living: Living) -> None:
    """Fill the shop of an empty marketplace, and run its pipeline once."""
    ingest_simulation(living, *SIZE)
    with psycopg.connect(living.settings.database_url(), cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(_EVERYBODY_BUYS, {"buyers": BUYERS})
    living.command("run", timeout=1800, or_status=ExitStatus.REFUSED)


async def visit(living: Living) -> list[str]:
    """Every visitor looks at two products and puts a third into the cart; the events, all acknowledged.

    They did so just before the last midnight: the feature tables reach no further, and until the next one visits are served.
    """
    products = [row["product_id"] for row in living.rows("select product_id from shop.products order by 1 limit 97")]
    at_once = asyncio.Semaphore(20)

    async def look_around(visitor: int) -> list[str]:
        began = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(seconds=10)
        events = [
            {
                "event_id": str(uuid.uuid4()),
                "event_type": event_type,
                "product_id": products[(visitor * 13 + step * 7) % len(products)],
                "occurred_at": (began + timedelta(seconds=step)).isoformat(),
            }
            for step, event_type in enumerate(("product_view", "product_view", "cart_add"))
        ]
        async with at_once, httpx.AsyncClient(base_url=living.shop, timeout=30) as shopper:
            (await shopper.post("/v1/events", json={"events": events})).raise_for_status()
        return [str(event["event_id"]) for event in events]

    visits = await asyncio.gather(*(look_around(visitor) for visitor in range(VISITORS)))
    return [event_id for events in visits for event_id in events]
