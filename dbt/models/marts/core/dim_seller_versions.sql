{{ config(
    unique_key=['seller_version_id'],
    indexes=[{'columns': ['seller_version_id'], 'unique': true}, {'columns': ['seller_id', 'valid_from']}],
) }}
{% do restate() %}

with

history as (
    select * from {{ ref('seller_history') }}
),

-- The history begins with the first run; what the first version says is taken to have held from the start.
versions as (
    select
        history.version_id as seller_version_id,
        history.seller_id,
        history.shop_name,
        history.status,
        history.city,
        history.time_zone,
        history.commission_bps,
        history.valid_to is null as is_current,
        case
            when lag(history.valid_from) over earlier is null then least(history.joined_at, history.valid_from)
            else history.valid_from
        end as valid_from,
        history.valid_to
    from history
    window earlier as (partition by history.seller_id order by history.valid_from)
)

select * from versions
