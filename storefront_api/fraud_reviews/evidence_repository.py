"""Every query on what surrounds a case: its attempt, decisions and labels, the customer, and who shares something with them."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.travel import LOOK_BACK

# Who pays from the same connection within a week may be the same people: a household, an office and a mobile network share one
# too, so it is weak evidence and comes last. Of an IPv6 address 64 bits name the network (RFC 4291). A machine's own address is
# that of whoever tries the shop out.
_CONNECTION = "network(set_masklen({0}.ip_address, case family({0}.ip_address) when 4 then 32 else 64 end))"
_SAME_CONNECTION = f"""({_CONNECTION.format("a")} = {_CONNECTION.format("this")}
    and a.attempted_at between this.attempted_at - interval '7 days' and this.attempted_at + interval '7 days'
    and not a.ip_address <<= '127.0.0.0/8' and a.ip_address <> '::1')"""
_IS_STRONG = """(coalesce(a.device_id = this.device_id, false) or coalesce(a.card_token = this.card_token, false)
    or coalesce(a.shipping_address_hash = this.shipping_address_hash, false))"""


async def _rows(connection: AsyncConnection[DictRow], query: str, parameters: Any) -> list[DictRow]:
    return await (await connection.execute(query, parameters)).fetchall()  # type: ignore[arg-type]


async def attempt(connection: AsyncConnection[DictRow], payment_attempt_id: str) -> DictRow:
    """The payment attempt with its three places, its device and the customer's account."""
    rows = await _rows(
        connection,
        """
        select a.*, o.status as order_status, u.signed_up_at, u.is_active, dev.family,
            dev.operating_system, dev.first_seen_at as device_first_seen_at,
            ship.country_code as shipping_country_code, ship.city as shipping_city, ship.latitude as shipping_latitude,
            ship.longitude as shipping_longitude, bill.country_code as billing_country_code, bill.city as billing_city,
            bill.latitude as billing_latitude, bill.longitude as billing_longitude,
            ses.started_at as session_started_at,
            (select count(*)::int from shop.events where session_id = a.session_id and occurred_at <= a.attempted_at
                and event_type in ('page_view', 'product_view', 'search')) as viewed_page_count
        from shop.payment_attempts as a
        join shop.users as u on u.user_id = a.customer_id
        left join shop.orders as o on o.order_id = a.order_id
        left join shop.devices as dev on dev.device_id = a.device_id
        left join shop.sessions as ses on ses.session_id = a.session_id
        left join shop.addresses as ship on ship.address_id = a.shipping_address_id
        left join shop.addresses as bill on bill.address_id = a.billing_address_id
        where a.payment_attempt_id = %s
        """,
        (payment_attempt_id,),
    )
    return rows[0]


async def decisions(connection: AsyncConnection[DictRow], payment_attempt_id: str) -> list[DictRow]:
    """Every decision on the attempt, the latest first: a fallback may have been scored again."""
    return await _rows(
        connection,
        "select decision, probability, score, reasons, features, inputs, model_name, model_version, rules_version, is_fallback,"
        " latency_ms, decided_at from shop.fraud_decisions where payment_attempt_id = %s order by decided_at desc",
        (payment_attempt_id,),
    )


async def labels(connection: AsyncConnection[DictRow], payment_attempt_id: str) -> list[DictRow]:
    """What was found out about the attempt, the latest first."""
    return await _rows(
        connection,
        "select l.outcome, l.label_source, l.reason, l.comment, l.labelled_at, u.full_name as labelled_by_name"
        " from shop.fraud_labels as l left join shop.users as u on u.user_id = l.labelled_by"
        " where l.payment_attempt_id = %s order by l.labelled_at desc",
        (payment_attempt_id,),
    )


async def related_attempts(connection: AsyncConnection[DictRow], payment_attempt_id: str, *, limit: int) -> list[DictRow]:
    """Other attempts by the same customer, device, card or parcel address within 90 days, newest first.

    Behind them those of others that share the connection alone, within a week.
    """
    return await _rows(
        connection,
        f"""
        with this as (select * from shop.payment_attempts where payment_attempt_id = %s)
        select a.payment_attempt_id, a.order_id, a.customer_id, u.full_name as customer_name, a.amount_minor, a.currency,
            a.method, a.outcome, a.attempted_at, o.status as order_status, c.fraud_case_id, c.status as case_status,
            l.outcome as label,
            a.customer_id = this.customer_id as has_same_customer,
            coalesce(a.device_id = this.device_id, false) as has_same_device,
            coalesce(a.card_token = this.card_token, false) as has_same_card,
            coalesce(a.shipping_address_hash = this.shipping_address_hash, false) as has_same_address,
            coalesce({_SAME_CONNECTION}, false) as has_same_connection
        from this
        join shop.payment_attempts as a on a.payment_attempt_id <> this.payment_attempt_id
            and (a.customer_id = this.customer_id or a.device_id = this.device_id or a.card_token = this.card_token
                or a.shipping_address_hash = this.shipping_address_hash or {_SAME_CONNECTION})
            and a.attempted_at between this.attempted_at - interval '90 days' and this.attempted_at + interval '90 days'
        join shop.users as u on u.user_id = a.customer_id
        left join shop.orders as o on o.order_id = a.order_id
        left join shop.fraud_cases as c on c.payment_attempt_id = a.payment_attempt_id
        left join lateral (
            select outcome from shop.fraud_labels where payment_attempt_id = a.payment_attempt_id
            order by labelled_at desc limit 1
        ) as l on true
        order by (a.customer_id = this.customer_id or {_IS_STRONG}) desc, a.attempted_at desc, a.payment_attempt_id limit %s
        """,
        (payment_attempt_id, limit),
    )


async def linked_accounts(connection: AsyncConnection[DictRow], payment_attempt_id: str) -> list[DictRow]:
    """Other customers who used the same device, card, parcel address or connection, with their fraud labels.

    Those that a device, card or address links come first.
    """
    return await _rows(
        connection,
        f"""
        with this as (select * from shop.payment_attempts where payment_attempt_id = %s)
        select a.customer_id, u.full_name as customer_name, u.signed_up_at, count(*)::int as attempt_count,
            bool_or(coalesce(a.device_id = this.device_id, false)) as has_same_device,
            bool_or(coalesce(a.card_token = this.card_token, false)) as has_same_card,
            bool_or(coalesce(a.shipping_address_hash = this.shipping_address_hash, false)) as has_same_address,
            bool_or(coalesce({_SAME_CONNECTION}, false)) as has_same_connection,
            count(*) filter (where exists (select 1 from shop.fraud_labels as l
                where l.payment_attempt_id = a.payment_attempt_id and l.outcome = 'fraud'))::int as fraud_count
        from this
        join shop.payment_attempts as a on a.customer_id <> this.customer_id
            and (a.device_id = this.device_id or a.card_token = this.card_token
                or a.shipping_address_hash = this.shipping_address_hash or {_SAME_CONNECTION})
        join shop.users as u on u.user_id = a.customer_id
        group by 1, 2, 3
        order by bool_or({_IS_STRONG}) desc, fraud_count desc, attempt_count desc, 1 limit 20
        """,
        (payment_attempt_id,),
    )


async def rings(connection: AsyncConnection[DictRow], customer_id: str, device_id: str | None, *, at: datetime) -> DictRow:
    """The rings of the customer and the device by what had happened at this instant's midnight; null where nobody had paid."""
    rows = await _rows(
        connection,
        """
        select
            (select jsonb_build_object('customer_count', ring_customer_count_90d, 'fraud_count', ring_fraud_count_90d)
                from features.customer_rings where customer_id = %(customer_id)s and event_timestamp <= %(at)s
                order by event_timestamp desc limit 1) as customer,
            (select jsonb_build_object('customer_count', device_ring_customer_count_90d,
                    'fraud_count', device_ring_fraud_count_90d)
                from features.device_rings where device_id = %(device_id)s and event_timestamp <= %(at)s
                order by event_timestamp desc limit 1) as device
        """,
        {"customer_id": customer_id, "device_id": device_id, "at": at},
    )
    return rows[0]


async def customer_history(
    connection: AsyncConnection[DictRow], customer_id: str, *, before: datetime, except_order_id: str | None
) -> DictRow:
    """What the customer had done in the shop before this attempt, the attempt's own order left out."""
    rows = await _rows(
        connection,
        """
        select count(*)::int as order_count,
            coalesce(sum(total_minor) filter (
                where status in ('approved', 'processing', 'shipped', 'delivered', 'refunded')), 0)::bigint as spend_minor,
            count(*) filter (where status in ('cancelled', 'declined'))::int as failed_order_count,
            max(ordered_at) as last_ordered_at,
            (select count(*)::int from shop.refunds as r join shop.orders as x on x.order_id = r.order_id
                where x.customer_id = %(customer_id)s and r.refunded_at < %(before)s) as refund_count,
            (select count(*)::int from shop.chargebacks as b join shop.orders as x on x.order_id = b.order_id
                where x.customer_id = %(customer_id)s and b.received_at < %(before)s) as chargeback_count,
            (select count(*)::int from shop.reviews
                where customer_id = %(customer_id)s and reviewed_at < %(before)s) as review_count
        from shop.orders
        where customer_id = %(customer_id)s and ordered_at < %(before)s and order_id is distinct from %(except_order_id)s
        """,
        {"customer_id": customer_id, "before": before, "except_order_id": except_order_id},
    )
    return rows[0]


async def order_lines(connection: AsyncConnection[DictRow], order_id: str | None) -> list[DictRow]:
    """What was ordered."""
    return await _rows(
        connection,
        "select i.product_id, p.title, i.quantity, i.total_minor, i.currency, s.shop_name from shop.order_items as i"
        " join shop.products as p on p.product_id = i.product_id join shop.sellers as s on s.seller_id = i.seller_id"
        " where i.order_id = %s order by i.line_number",
        (order_id,),
    )


async def previous_place(connection: AsyncConnection[DictRow], customer_id: str, *, before: datetime) -> DictRow | None:
    """When and from where the customer's last attempt before this one came, of those whose place is known and still tells."""
    rows = await _rows(
        connection,
        "select attempted_at, ip_latitude, ip_longitude from shop.payment_attempts where customer_id = %s and attempted_at < %s"
        " and attempted_at > %s and ip_latitude is not null and ip_longitude is not null"
        ' order by attempted_at desc, payment_attempt_id collate "C" desc limit 1',
        (customer_id, before, before - LOOK_BACK),
    )
    return rows[0] if rows else None


async def notes(connection: AsyncConnection[DictRow], fraud_case_id: str) -> list[DictRow]:
    """What analysts wrote on the case, oldest first."""
    return await _rows(
        connection,
        "select n.fraud_case_note_id, n.body, n.written_at, u.full_name as written_by_name from shop.fraud_case_notes as n"
        " join shop.users as u on u.user_id = n.written_by where n.fraud_case_id = %s order by n.written_at, 1",
        (fraud_case_id,),
    )


async def audit_trail(connection: AsyncConnection[DictRow], fraud_case_id: str, order_id: str | None) -> list[DictRow]:
    """Who did what to the case and its order."""
    return await _rows(
        connection,
        "select l.action, l.reason, l.details, l.occurred_at, coalesce(u.full_name, l.actor_id, 'the storefront') as actor_name"
        " from shop.audit_log as l left join shop.users as u on u.user_id = l.actor_id"
        " where (l.object_type = 'fraud_case' and l.object_id = %s) or (l.object_type = 'order' and l.object_id = %s)"
        " order by l.occurred_at",
        (fraud_case_id, order_id),
    )
