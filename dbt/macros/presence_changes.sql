{#
    +1 on the day on which `item` becomes present in the entity's window, -1 on the day on which the window lets it go;
    summed up they count distinct items. A day of activity d is inside a window of w days at the midnights d + 1 ... d + w.

    relation: CTE or model with one row per entity, item and activity_date.
    partial: only the changes from the `since_date` of a touched entity on.
#}
{% macro presence_changes(relation, entity, item, window_days, partial=false) -%}
    select
        {{ entity }},
        activity_date + step.days_later as known_date,
        step.change
    from (
        select
            {{ entity }},
            activity_date,
            lag(activity_date) over neighbours as previous_date,
            lead(activity_date) over neighbours as next_date
        from (select distinct {{ entity }}, {{ item }}, activity_date from {{ relation }} where {{ item }} is not null) as days
        window neighbours as (partition by {{ entity }}, {{ item }} order by activity_date)
    ) as item_days
    cross join (values (1, 1), ({{ window_days }} + 1, -1)) as step (days_later, change)
    {% if partial -%}
    inner join touched using ({{ entity }})
    where activity_date + step.days_later >= touched.since_date
    {%- else -%}
    where {{ entity }} is not null
    {%- endif %}
        and case
            when step.change = 1 then previous_date is null or activity_date >= previous_date + {{ window_days }}
            else next_date is null or next_date >= activity_date + {{ window_days }}
        end
{%- endmacro %}
