{{ config(
    unique_key=['order_id', 'seller_id'],
    indexes=[{'columns': ['order_id', 'seller_id'], 'unique': true}, {'columns': ['seller_id', 'sale_date']}, {'columns': ['seller_id', 'customer_id']}],
) }}
{% set touched %}
    select order_id from {{ changed('order_items') }}
    union
    select order_id from {{ changed('fct_orders') }}
    union
    select order_id from {{ changed('int_orders_dated_by_approval') }}
    union
    select order_id from {{ changed('int_refunds_split_by_seller') }}
    union
    select order_id from {{ changed('fct_reviews') }} where order_id is not null
    union
    select order_id from {{ ref('stg_shop__order_items') }}
    where seller_id in ({{ changed_in('dim_sellers', 'seller_id', ['time_zone']) }})
{% endset %}
{% set partial = restate(touched) %}

with

seller_lines as (
    select
        order_id,
        seller_id,
        sum(quantity)::integer as units_sold,
        sum(total_minor)::bigint as revenue_minor,
        sum(commission_minor)::bigint as commission_minor,
        min(ship_by_at) as ship_by_at,
        case when count(shipped_at) = count(*) then max(shipped_at) end as shipped_at,
        case when count(delivered_at) = count(*) then max(delivered_at) end as delivered_at
    from {{ ref('stg_shop__order_items') }}
    {% if partial %}where order_id in (select order_id from touched){% endif %}
    group by 1, 2
),

refunds as (
    select order_id, seller_id, sum(amount_minor)::bigint as refund_minor, min(refunded_at) as refunded_at
    from {{ ref('int_refunds_split_by_seller') }}
    {% if partial %}where order_id in (select order_id from touched){% endif %}
    group by 1, 2
),

poor_reviews as (
    select order_id, seller_id, min(reviewed_at) as reviewed_at
    from {{ ref('fct_reviews') }}
    where rating <= 2 {% if partial %}and order_id in (select order_id from touched){% endif %}
    group by 1, 2
)

select
    lines.order_id, lines.seller_id, orders.customer_id,
    orders.is_sale,
    approved.sold_at is not null as was_approved,
    {{ local_date('orders.ordered_at', 'sellers.time_zone') }} as sale_date,
    lines.units_sold, lines.revenue_minor, lines.commission_minor,
    coalesce(refunds.refund_minor, 0)::bigint as refund_minor, orders.currency,
    orders.ordered_at, lines.ship_by_at, lines.shipped_at, lines.delivered_at, approved.cancelled_at,
    -- money back after a cancellation is the cancellation's, which has a measure of its own
    case when approved.cancelled_at is null then refunds.refunded_at end as refunded_at,
    poor_reviews.reviewed_at as poorly_reviewed_at
from seller_lines as lines
inner join {{ ref('fct_orders') }} as orders on orders.order_id = lines.order_id
inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = lines.seller_id
left join {{ ref('int_orders_dated_by_approval') }} as approved on approved.order_id = lines.order_id
left join refunds on refunds.order_id = lines.order_id and refunds.seller_id = lines.seller_id
left join poor_reviews on poor_reviews.order_id = lines.order_id and poor_reviews.seller_id = lines.seller_id
order by sale_date  -- what later days read again is mostly recent, and lies together
