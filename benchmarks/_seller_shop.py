"""A shop of many sellers, written in SQL inside Postgres: few sell much and many little, over a year; and one more day of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

# In the middle of a month: what is added up by month has half a month to add up again.
UNTIL = datetime(2026, 10, 17, tzinfo=UTC)
DAYS = 365


@dataclass(frozen=True)
class ShopSize:
    """How many sellers, and order items of a year; two items an order, five products a seller."""

    sellers: int
    items: int

    def times(self, factor: int) -> "ShopSize":
        """A shop that is `factor` times as large."""
        return ShopSize(self.sellers * factor, self.items * factor)

    @property
    def orders_a_day(self) -> int:
        """What an average day adds."""
        return self.items // 2 // DAYS


# Seller number by the square of a uniform share: of 100,000 the first has 0.3 % of all sales, the middle one about 35 a year.
_SELLER = "1 + floor(power(random(), 2) * {sellers})::bigint"
_PEOPLE = """
    insert into shop.marketplace (source, currency, is_simulated, data_until) values ('simulation', 'BDT', true, {until});
    insert into shop.categories (category_id, name, path) select 'c' || n, 'C' || n, 'C' || n from generate_series(1, 20) as n;
    insert into shop.users (user_id, role, email, full_name, signed_up_at)
        select 'o' || n, 'seller', 'o' || n || '@example.org', 'Owner ' || n, {start} from generate_series(1, {sellers}) as n
        union all
        select 'u' || n, 'customer', 'u' || n || '@example.org', 'Person ' || n, {start} from generate_series(1, {people}) as n;
    insert into shop.sellers (seller_id, user_id, shop_name, country_code, joined_at)
        select 's' || n, 'o' || n, 'Shop ' || n, 'BD', {start} from generate_series(1, {sellers}) as n;
    insert into shop.products (product_id, seller_id, category_id, title, price_minor, currency, listed_at)
        select 'p' || n || '-' || k, 's' || n, 'c' || (1 + n % 20), 'Product ' || n || ' ' || k, 50000, 'BDT', {start}
        from generate_series(1, {sellers}) as n cross join generate_series(1, 5) as k;
    insert into shop.stock (product_id, units_on_hand) select product_id, floor(random() * 60)::integer from shop.products;
    insert into shop.wishlist_items (user_id, product_id, added_at)
        select distinct 'u' || (1 + floor(random() * {people})::bigint), 'p' || {seller} || '-1', {start}
        from generate_series(1, {people}) as n;
"""
# `{prefix}` names the lot, `{first}` and `{span}` say when it happens; rows are written, and numbered, as they happen.
_TRADE = """
    create temporary table lots as
    select '{prefix}' || lpad((row_number() over (order by share))::text, 9, '0') as number,
        'u' || (1 + floor(random() * {people})::bigint) as customer_id, {seller} as seller,
        {first} + share * interval '{span}' as at, random() as fate
    from (select random() as share from generate_series(1, {orders})) as instants
    order by share;
    insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, shipping_minor, discount_minor, total_minor,
        session_id, ordered_at, approved_at, shipped_at, delivered_at)
    select number, customer_id, case when fate < 0.03 then 'cancelled' else 'delivered' end, 'BDT', 100000, 6000, 1000, 105000,
        'v' || number, at, at + interval '1 minute', at + interval '1 day', at + interval '3 days'
    from lots;
    insert into shop.order_items (order_item_id, order_id, line_number, product_id, seller_id, quantity, unit_price_minor,
        discount_minor, shipping_minor, commission_minor, total_minor, currency, ship_by_at, shipped_at, delivered_at)
    select number || '/' || k, number, k, 'p' || seller || '-' || (1 + floor(random() * 5)::integer), 's' || seller, 1, 50000,
        500, 3000, 4950, 52500, 'BDT', at + interval '2 days', at + interval '1 day', at + interval '3 days'
    from lots cross join generate_series(1, 2) as k
    order by 1;
    insert into shop.refunds (refund_id, order_id, order_item_id, amount_minor, currency, reason, refunded_at)
    select 'r' || number, number, number || '/1', 20000, 'BDT', 'damaged', at + interval '5 days' from lots where fate > 0.97;
    insert into shop.reviews (review_id, order_id, product_id, seller_id, customer_id, rating, reviewed_at)
    select 'w' || number, number, 'p' || seller || '-1', 's' || seller, customer_id, 1 + floor(fate * 5)::smallint,
        at + interval '6 days'
    from lots where fate between 0.4 and 0.5;
    insert into shop.events (event_id, event_type, session_id, customer_id, product_id, search_query, occurred_at)
    select number || '-' || step.name, step.event_type, 'v' || number, customer_id, 'p' || seller || '-' || step.product, null,
        at - step.before
    from lots cross join (values ('a', 'product_view', 1, interval '9 minutes'), ('b', 'product_view', 2, interval '6 minutes'),
        ('c', 'cart_add', 1, interval '3 minutes')) as step (name, event_type, product, before)
    union all
    select number || '-s', 'search', 'v' || number, customer_id, null, 'word ' || (1 + floor(random() * 500)::integer),
        at - interval '10 minutes'
    from lots where fate < 0.2
    order by 3, 7;
    drop table lots;
"""
_LISTINGS = """
    insert into shop.products (product_id, seller_id, category_id, title, price_minor, currency, listed_at)
        select 'p' || n || '-{name}', 's' || n, 'c' || (1 + n % 20), 'Product ' || n || ' {name}', 50000, 'BDT', {until}
        from generate_series(1, {sellers}, 500) as n;
"""
_PAYOUTS = """
    insert into shop.payouts (payout_id, seller_id, period_start_date, period_end_date, gross_minor, commission_minor,
        refund_minor, net_minor, currency, status, paid_at)
    select 'y' || n || '-' || week, 's' || n, date '2026-10-12' - 7 * week, date '2026-10-18' - 7 * week, 105000, 9900,
        0, 95100, 'BDT', 'paid', timestamptz '2026-10-21 00:00Z' - week * interval '7 days'
    from generate_series(1, {sellers}) as n cross join generate_series(1, 4) as week;
"""
# What the administrator's pages read of the weeks ahead, and the administrator.
_PLATFORM = """
    insert into shop.users (user_id, role, email, full_name, signed_up_at)
        values ('admin', 'admin', 'admin@example.org', 'Admin', {start});
    insert into predictions.customer_outlooks
    select 'u' || n, {until}::date, 3, 20, 50000, true, floor(random() * 90000), random(), floor(random() * 50000), 'BDT', 28,
        'outlook', '1', {until}
    from generate_series(1, {people}) as n;
    insert into predictions.seller_outlooks
    select 's' || n, {until}::date, 9, 5, 500000, true, random(), 'BDT', 28, 'outlook', '1', {until}
    from generate_series(1, {sellers}) as n;
    insert into predictions.outlook_totals
    select subject, 'BDT', entities, entities, entities, entities / 2, 1, 1, 28, 'outlook', '1', {until}
    from (values ('customers', {people}), ('sellers', {sellers})) as of (subject, entities);
"""


def fill(connection: psycopg.Connection[tuple[object, ...]], size: ShopSize) -> None:
    """A year of this shop, always the same one."""
    words = _words(size) | {
        "prefix": "n",
        "first": _instant(UNTIL - timedelta(days=DAYS)),
        "span": f"{DAYS} days",
        "orders": size.items // 2,
    }
    connection.execute("set session_replication_role = replica")
    connection.execute("select setseed(0.42)")
    for script in (_PEOPLE, _TRADE, _PAYOUTS, _PLATFORM):
        connection.execute(script.format(**words).encode())
    connection.execute("set session_replication_role = default")
    connection.commit()
    connection.autocommit = True
    connection.execute("vacuum analyze")
    connection.autocommit = False


def add_orders(connection: psycopg.Connection[tuple[object, ...]], size: ShopSize, *, name: str, count: int) -> None:
    """So many orders on the day after the year; `name` begins their numbers."""
    words = _words(size) | {"prefix": name, "first": _instant(UNTIL), "span": "1 day", "orders": count}
    connection.execute("set session_replication_role = replica")
    connection.execute(_TRADE.format(**words).encode())
    connection.execute("update shop.marketplace set data_until = data_until + interval '1 day'")
    connection.execute("set session_replication_role = default")


def add_listings(connection: psycopg.Connection[tuple[object, ...]], size: ShopSize, *, name: str) -> None:
    """A new listing of every 500th seller, on the day after the year; `name` ends their numbers."""
    connection.execute("set session_replication_role = replica")
    connection.execute(_LISTINGS.format(**_words(size), name=name).encode())
    connection.execute("set session_replication_role = default")


def _words(size: ShopSize) -> dict[str, object]:
    return {
        "sellers": size.sellers,
        "people": size.items // 5,
        "seller": _SELLER.format(sellers=size.sellers),
        "start": _instant(UNTIL - timedelta(days=DAYS + 30)),
        "until": _instant(UNTIL),
    }


def _instant(value: datetime) -> str:
    return f"timestamptz '{value.isoformat()}'"
