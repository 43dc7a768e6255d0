{# Days of sellers are days of their own calendar: where a seller changes the time zone, every day of it changes. #}

{# Stored days of this model, and the days to be, of sellers whose clock or currency changed. #}
{% macro days_on_another_clock(model_name, instant) -%}
    select seller_id, sale_date from {{ this }}
    where seller_id in ({{ changed_in('dim_sellers', 'seller_id', ['time_zone', 'currency']) }})
    union
    select happened.seller_id, {{ local_date('happened.' ~ instant, 'sellers.time_zone') }}
    from {{ ref(model_name) }} as happened
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = happened.seller_id
    where happened.seller_id in ({{ changed_in('dim_sellers', 'seller_id', ['time_zone', 'currency']) }})
{%- endmacro %}

{# The same for listings, which have the clock of their seller and a currency of their own. #}
{% macro product_days_on_another_clock() -%}
    {%- set moved -%}
        {{ changed_in('dim_products', 'product_id', ['seller_id', 'currency']) }}
        union
        select product_id from {{ ref('dim_products') }}
        where seller_id in ({{ changed_in('dim_sellers', 'seller_id', ['time_zone']) }})
    {%- endset -%}
    select product_id, sale_date from {{ this }} where product_id in ({{ moved }})
    union
    select happened.product_id, {{ local_date('happened.happened_at', 'sellers.time_zone') }}
    from (
        select product_id, occurred_at as happened_at from {{ ref('fct_events') }} where product_id in ({{ moved }})
        union all
        select product_id, ordered_at from {{ ref('fct_order_items') }} where product_id in ({{ moved }})
    ) as happened
    inner join {{ ref('dim_products') }} as products on products.product_id = happened.product_id
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = products.seller_id
{%- endmacro %}

{#
    Days that enter or leave a seller's calendar, or become complete: those between the old and the new first day, last day and
    last complete day; all of them when the seller comes, goes or changes the currency.
#}
{% macro days_of_changed_spans() -%}
    select spans.seller_id, first_date + step as sale_date
    from (
        select
            seller_id,
            least(min(first_date), min(last_complete_date)) as first_date,
            greatest(max(last_date), max(last_complete_date)) as last_date,
            min(first_date) as earliest_first, max(first_date) as latest_first,
            least(min(last_date), min(last_complete_date)) as earliest_last,
            count(*) % 2 = 1 or count(distinct currency) > 1 as is_whole
        from {{ changed('int_seller_spans') }}
        group by 1
    ) as spans
    cross join lateral generate_series(0, last_date - first_date) as step
    where is_whole or first_date + step < latest_first or first_date + step >= earliest_last
{%- endmacro %}
