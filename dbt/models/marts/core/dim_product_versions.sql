{{ config(
    unique_key=['product_version_id'],
    indexes=[{'columns': ['product_version_id'], 'unique': true}, {'columns': ['product_id', 'valid_from']}],
) }}
{% do restate() %}

with

history as (
    select * from {{ ref('product_history') }}
),

-- The history begins with the first run; what the first version says is taken to have held from the start.
versions as (
    select
        history.version_id as product_version_id,
        history.product_id,
        history.seller_id,
        history.category_id,
        history.title,
        history.is_active,
        history.price_minor,
        history.currency,
        history.valid_to is null as is_current,
        case
            when lag(history.valid_from) over earlier is null then least(history.listed_at, history.valid_from)
            else history.valid_from
        end as valid_from,
        history.valid_to
    from history
    window earlier as (partition by history.product_id order by history.valid_from)
)

select * from versions
