{# Statistics of a table just written: the next model's plan is made seconds later, long before autovacuum comes round. #}
{% macro analyze_table() -%}
    {% if model.config.materialized == 'table' %}analyze {{ this }}{% endif %}
{%- endmacro %}
