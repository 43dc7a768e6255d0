with

categories as (
    select * from {{ ref('stg_shop__categories') }}
)

select
    category_id,
    parent_category_id,
    name,
    path
from categories
