{{ config(
    unique_key=['seller_id', 'category_name', 'sale_month', 'measure'],
    indexes=[{'columns': ['seller_id', 'category_name', 'sale_month', 'measure'], 'unique': true}, {'columns': ['category_name', 'sale_month']}],
) }}
{% set touched %}
    select distinct category_name, (sale_month + step * interval '1 month')::date as sale_month
    from {{ changed('fct_seller_months') }}
    cross join generate_series(0, 2) as step
    where category_name is not null
{% endset %}
{% set partial = restate(touched) %}

with

-- A seller's last three months, on every month up to which they are counted. A month in which nobody of the category has
-- anything counts for nobody: so what the quarters of a month are follows from its own three months alone.
quarters as (
    select
        months.seller_id, months.category_name,
        (months.sale_month + step * interval '1 month')::date as sale_month,
        {% for name in ['order_count', 'repeat_order_count', 'revenue_minor', 'approved_count', 'defect_count', 'shipped_count',
            'late_count', 'review_count', 'star_sum'] -%}
        sum(months.{{ name }})::float8 as {{ name }}{{ ',' if not loop.last }}
        {% endfor -%}
    from {{ ref('fct_seller_months') }} as months
    cross join generate_series(0, 2) as step
    where (months.category_name, (months.sale_month + step * interval '1 month')::date)
        in (select category_name, sale_month from {{ ref('fct_seller_months') }})
        {% if partial -%}
        and (months.category_name, (months.sale_month + step * interval '1 month')::date)
        in (select category_name, sale_month from touched)
        {%- endif %}
    group by 1, 2, 3
),

-- a share of fewer than five orders, or a mean of fewer than three reviews, is no measure
measured as (
    select seller_id, category_name, sale_month, measures.measure, measures.value
    from quarters
    cross join lateral (
        values
        ('revenue', case when order_count > 0 then revenue_minor end),
        ('orders', nullif(order_count, 0)),
        ('order_value', case when order_count >= 5 then revenue_minor / order_count end),
        ('repeat_orders', case when order_count >= 5 then repeat_order_count / order_count end),
        ('rating', case when review_count >= 3 then star_sum / review_count end),
        ('defects', case when approved_count >= 5 then 1 - defect_count / approved_count end),
        ('late', case when shipped_count >= 5 then 1 - late_count / shipped_count end)
    ) as measures (measure, value)
    where measures.value is not null
),

-- Others below, and half of those alike. With fewer than five others nothing is said at all: a place among few names them.
ranked as (
    select
        seller_id, category_name, sale_month, measure,
        (count(*) over peers - 1)::integer as peer_count,
        (rank() over (peers order by value) - 1) as below,
        count(*) over (partition by category_name, sale_month, measure, value) - 1 as alike
    from measured
    window peers as (partition by category_name, sale_month, measure)
)

select seller_id, category_name, sale_month, measure, peer_count, ((below + alike / 2.0) / peer_count)::float8 as percentile
from ranked
where peer_count >= 5
