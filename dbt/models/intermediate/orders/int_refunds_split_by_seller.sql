{{ config(unique_key=['refund_id', 'seller_id'], indexes=[{'columns': ['refund_id']}, {'columns': ['order_id']}]) }}
{% set touched %}
    select refund_id from {{ changed('refunds') }}
    union
    select refund_id from {{ ref('stg_shop__refunds') }}
    where order_id in (select order_id from {{ changed('order_items') }})
{% endset %}
{% set partial = restate(touched) %}

with

refunds as (
    select * from {{ ref('stg_shop__refunds') }}
    {% if partial %}where refund_id in (select refund_id from touched){% endif %}
),

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
),

-- A refund of one item is its seller's; one of a whole order is shared by its sellers in proportion to what they sold.
seller_shares as (
    select
        refunds.refund_id,
        order_items.seller_id,
        sum(order_items.total_minor) as sold_minor
    from refunds
    inner join order_items
        on order_items.order_id = refunds.order_id
            and order_items.order_item_id = coalesce(refunds.order_item_id, order_items.order_item_id)
    group by 1, 2
),

running_shares as (
    select
        refund_id,
        seller_id,
        sold_minor,
        sum(sold_minor) over (partition by refund_id order by seller_id) as sold_so_far_minor,
        sum(sold_minor) over (partition by refund_id) as sold_in_all_minor,
        row_number() over (partition by refund_id order by seller_id desc) = 1 as is_last
    from seller_shares
),

-- Rounding the running sum, not each share: the parts add up to the refund to the minor unit.
split_refunds as (
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.order_item_id,
        running_shares.seller_id,
        (
            case
                when is_last then amount_minor
                else round(amount_minor * sold_so_far_minor / nullif(sold_in_all_minor, 0))
            end
            - coalesce(round(amount_minor * (sold_so_far_minor - sold_minor) / nullif(sold_in_all_minor, 0)), 0)
        )::bigint as amount_minor,
        refunds.currency,
        refunds.refunded_at
    from refunds
    inner join running_shares on running_shares.refund_id = refunds.refund_id
)

select * from split_refunds
