"""Log-ins for looking around: shoppers and a seller who are real people of the data, a newcomer, an analyst and an admin."""

from datetime import datetime
from typing import Any

import psycopg

# Each with another favourite, as far as the data have that many.
SHOPPERS = ("customer@demo.example", "customer2@demo.example", "customer3@demo.example", "customer4@demo.example")
SELLER, ADMIN = "seller@demo.example", "admin@demo.example"
# Nobody of the data: staff, and a shopper without a past.
MADE = (
    ("demo-newcomer", "newcomer@demo.example", "customer", "Demo newcomer"),
    ("demo-analyst", "analyst@demo.example", "analyst", "Demo analyst"),
    ("demo-admin", ADMIN, "admin", "Demo admin"),
)

# Shoppers by how much of what they looked at and bought lies in one top category, among the busiest honest ones.
_SHOPPERS = """
with sales as (
    select o.customer_id, i.product_id, 25 as weight from shop.orders o join shop.order_items i using (order_id)
    where o.status in ('approved', 'processing', 'shipped', 'delivered')
),
regulars as (
    select customer_id from sales group by 1 order by count(*) desc, customer_id limit 200
),
interest as (
    select customer_id, product_id, weight from sales where customer_id in (select customer_id from regulars)
    union all
    select customer_id, product_id, 1 from shop.events
    where event_type = 'product_view' and customer_id in (select customer_id from regulars)
),
by_category as (
    select customer_id, coalesce(split_part(c.path, ' > ', 1), '') as top_category, sum(weight) as weight
    from interest join shop.products p using (product_id) left join shop.categories c using (category_id)
    group by 1, 2
),
favourites as (
    select distinct on (customer_id)
        customer_id, top_category, weight, weight / sum(weight) over (partition by customer_id) as share
    from by_category order by customer_id, weight desc, top_category
)
select f.customer_id, f.top_category
from favourites f join shop.users u on u.user_id = f.customer_id
where u.role = 'customer' and u.is_active and u.wants_personalisation and not u.is_demo_account
    and not exists (select from shop.chargebacks b join shop.orders o using (order_id) where o.customer_id = f.customer_id)
    and not exists (select from shop.fraud_labels l join shop.payment_attempts a using (payment_attempt_id)
                    where a.customer_id = f.customer_id and l.outcome <> 'legitimate')
order by share * ln(2 + weight) desc, f.customer_id
"""

# The busiest of the last quarter of trade: that is what the seller's pages open with.
_BUSIEST_SELLER = """
select s.user_id
from shop.sellers s join shop.order_items i using (seller_id) join shop.orders o using (order_id)
where o.status in ('approved', 'processing', 'shipped', 'delivered') and s.status = 'approved'
    and o.ordered_at > (
        select max(ordered_at) from shop.orders where status in ('approved', 'processing', 'shipped', 'delivered')
    ) - interval '90 days'
group by s.user_id order by count(*) desc, sum(i.total_minor) desc, s.user_id limit 1
"""


def make_demo_accounts(connection: psycopg.Connection[Any], password: str, now: datetime) -> None:
    """Give the demo log-ins `password`; those that exist stay as they are.

    Args:
        now: when the accounts that are made count as opened: the end of the data.
    """
    known = {row[0] for row in connection.execute("select email from shop.users where is_demo_account")}
    wanted = {*SHOPPERS, SELLER, *(email for _, email, _, _ in MADE)} - known
    if not wanted:
        return
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    password_hash = PasswordHash((Argon2Hasher(),)).hash(password)
    if missing := [email for email in SHOPPERS if email in wanted]:
        shoppers = connection.execute(_SHOPPERS).fetchall()
        for email, user_id in zip(missing, _other_tastes(shoppers, len(missing)), strict=False):
            _lend(connection, user_id, email, password_hash)
    if SELLER in wanted and (busiest := connection.execute(_BUSIEST_SELLER).fetchone()):
        _lend(connection, busiest[0], SELLER, password_hash)
    for user_id, email, role, name in MADE:
        connection.execute(
            """
            insert into shop.users (user_id, role, email, full_name, password_hash, is_demo_account, signed_up_at)
            values (%s, %s, %s, %s, %s, true, %s) on conflict do nothing
            """,
            [user_id, role, email, name, password_hash, now],
        )


def _other_tastes(shoppers: list[tuple[str, str]], count: int) -> list[str]:
    """The first shopper of each favourite, then the next ones whatever they like; fewer if the data hold fewer."""
    firsts = {taste: user_id for user_id, taste in reversed(shoppers)}
    chosen = [user_id for user_id, taste in shoppers if firsts[taste] == user_id]
    return [*chosen, *(user_id for user_id, _ in shoppers if user_id not in chosen)][:count]


def _lend(connection: psycopg.Connection[Any], user_id: str, email: str, password_hash: str) -> None:
    connection.execute(
        "update shop.users set email = %s, password_hash = %s, is_demo_account = true where user_id = %s",
        [email, password_hash, user_id],
    )
