{{ config(
    unique_key=['seller_id', 'sale_month'],
    indexes=[{'columns': ['seller_id', 'sale_month'], 'unique': true}, {'columns': ['sale_month', 'currency', 'revenue_minor', 'seller_id']}],
) }}
{% set columns = ['order_count', 'units_sold', 'revenue_minor', 'commission_minor', 'refund_minor', 'visit_count'] %}
{% set days_with_something = {
    'int_seller_sale_days': columns[:4], 'int_seller_refund_days': ['refund_minor'], 'int_seller_visit_days': ['visit_count'],
} %}
{% set touched %}
    {%- for days in days_with_something %}
    select seller_id, date_trunc('month', sale_date)::date as sale_month from {{ changed(days) }}
    union
    {%- endfor %}
    select seller_id, sale_month from {{ this }}
    where seller_id in ({{ changed_in('dim_sellers', 'seller_id', ['currency']) }})
{% endset %}
{% set partial = restate(touched) %}

with

seller_days as (
    {%- for days, counted in days_with_something.items() %}
    select
        days.seller_id,
        date_trunc('month', days.sale_date)::date as sale_month,
        {%- for name in columns %}
        {{ 'days.' ~ name if name in counted else '0 as ' ~ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(days) }} as days
    {% if partial -%}
    inner join touched
        on touched.seller_id = days.seller_id
            and days.sale_date >= touched.sale_month and days.sale_date < touched.sale_month + interval '1 month'
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    seller_days.seller_id,
    seller_days.sale_month,
    {%- for name in columns %}
    sum(seller_days.{{ name }})::{{ 'bigint' if name.endswith('_minor') else 'integer' }} as {{ name }},
    {%- endfor %}
    sellers.currency
from seller_days
inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = seller_days.seller_id
group by seller_days.seller_id, seller_days.sale_month, sellers.currency
