with

reviews as (
    select * from {{ ref('stg_shop__reviews') }}
)

select
    review_id,
    order_id,
    product_id,
    seller_id,
    customer_id,
    rating,
    title,
    body,
    language,
    reviewed_at
from reviews
where not is_hidden
