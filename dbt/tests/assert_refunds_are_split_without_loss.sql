-- The sellers' parts of each refund add up to it.
select raw_refunds.refund_id, raw_refunds.amount_minor, sum(refunds.amount_minor) as split_minor
from {{ source('raw_shop', 'refunds') }} as raw_refunds
left join {{ ref('fct_refunds') }} as refunds on refunds.refund_id = raw_refunds.refund_id
group by 1, 2
having raw_refunds.amount_minor is distinct from sum(refunds.amount_minor)
