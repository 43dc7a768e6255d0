{{ config(unique_key=['session_id'], indexes=[{'columns': ['session_id']}, {'columns': ['seller_id', 'searched_at']}]) }}
{% set touched %}
    select session_id from {{ changed('fct_events') }} where event_type in ('search', 'product_view')
    union
    select session_id from {{ changed('events') }} where event_type = 'search'
{% endset %}
{% set partial = restate(touched) %}

with

events as (
    select * from {{ ref('fct_events') }}
    where event_type in ('search', 'product_view')
        {% if partial %}and session_id in (select session_id from touched){% endif %}
),

search_texts as (
    select event_id, lower(btrim(regexp_replace(search_query, '\s+', ' ', 'g'))) as search_query
    from {{ ref('stg_shop__events') }}
    where event_type = 'search'
        {% if partial %}and event_id in (select event_id from events where event_type = 'search'){% endif %}
),

-- What is looked at follows from the search before it, until there is another.
steps as (
    select
        *,
        max(event_id) filter (where event_type = 'search') over searching as search_event_id,
        max(coalesce(customer_id, device_id, session_id)) filter (where event_type = 'search') over searching as searcher_id,
        max(occurred_at) filter (where event_type = 'search') over searching as searched_at
    from (
        select *, count(*) filter (where event_type = 'search') over (partition by session_id order by occurred_at, event_id) as search_number
        from events
    ) as numbered
    window searching as (partition by session_id, search_number)
),

searches as (
    select session_id, search_event_id, searcher_id, seller_id, searched_at, count(*) as product_view_count
    from steps
    where event_type = 'product_view' and seller_id is not null and search_number > 0
    group by 1, 2, 3, 4, 5
)

select
    searches.search_event_id,
    searches.seller_id,
    searches.session_id,
    searches.searcher_id,
    left(search_texts.search_query, 100) as search_query,
    searches.product_view_count::integer as product_view_count,
    searches.searched_at
from searches
inner join search_texts on search_texts.event_id = searches.search_event_id
where search_texts.search_query <> ''
