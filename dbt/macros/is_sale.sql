{# Whether an order in this state counts as a sale; the same words as SALE_STATUSES in marketplace/vocabulary.py. #}
{% macro is_sale(status) -%}
    {{ status }} in ('approved', 'processing', 'shipped', 'delivered', 'refunded')
{%- endmacro %}
