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
    -- stored days are found by the seller whose listing it was: of a new listing nothing is stored
    select product_id, sale_date from {{ this }}
    where (seller_id, product_id) in (
        select was.seller_id, was.product_id
        from (select * from {{ changed('dim_products') }}) as was
        left join {{ ref('dim_products') }} as products on products.product_id = was.product_id
        where products.seller_id is distinct from was.seller_id
    )
    union
    select product_id, sale_date from {{ this }}
    where seller_id in ({{ changed_in('dim_sellers', 'seller_id', ['time_zone']) }})
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
