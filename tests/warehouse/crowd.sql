-- A seeded crowd: enough customers and days that windows open, overlap and close, small enough to count by brute force.
select setseed(0.25);

insert into shop.users (user_id, role, email, full_name, signed_up_at)
select 'crowd-' || n, 'customer', 'crowd-' || n || '@example.org', 'Somebody', timestamptz '2024-01-01 00:00Z'
from generate_series(1, 40) as n;

insert into shop.products (product_id, seller_id, category_id, title, price_minor, currency, listed_at)
select 'thing-' || n, 'seller-' || (1 + n % 2), 'category-' || (1 + n % 3), 'Thing', 100 * n, 'BDT', timestamptz '2024-01-01 00:00Z'
from generate_series(1, 12) as n;

insert into shop.devices (device_id, first_seen_at)
select 'device-' || n, timestamptz '2024-01-01 00:00Z' from generate_series(1, 15) as n;

create temporary table visits as
select
    n,
    'crowd-' || (1 + floor(40 * random() ^ 2))::integer as customer_id,
    'device-' || (1 + floor(15 * random()))::integer as device_id,
    timestamptz '2024-01-05 00:00Z' + 170 * random() * interval '1 day' as started_at
from generate_series(1, 700) as n;

insert into shop.sessions (session_id, customer_id, device_id, started_at, last_seen_at)
select 'visit-' || n, customer_id, device_id, started_at, started_at + interval '2 hours' from visits;

insert into shop.events (event_id, event_type, session_id, customer_id, device_id, product_id, occurred_at)
select
    'event-' || n || '-' || step,
    (array['product_view', 'product_view', 'cart_add', 'page_view'])[1 + floor(4 * random())::integer],
    'visit-' || n, customer_id, device_id,
    'thing-' || (1 + floor(12 * random()))::integer,
    started_at + step * interval '13 minutes'
from visits
cross join generate_series(0, 5) as step;

-- Searches between the looks, written as people write, some of nothing at all; checkouts, of which some end in no order.
insert into shop.events (event_id, event_type, session_id, customer_id, device_id, search_query, occurred_at)
select
    'search-' || n || '-' || step, 'search', 'visit-' || n, customer_id, device_id,
    (array['blue mug', '  Blue   MUG ', 'eid gift', ' '])[1 + (n + step) % 4], started_at + step * interval '17 minutes'
from visits
cross join generate_series(0, 2) as step
where n % 3 = step;
insert into shop.events (event_id, event_type, session_id, customer_id, device_id, occurred_at)
select 'checkout-' || n, 'checkout_start', 'visit-' || n, customer_id, device_id, started_at + interval '68 minutes'
from visits
where n % 4 <> 1;

insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, session_id, ordered_at, approved_at, cancelled_at)
select
    'order-' || n, customer_id,
    case when n % 9 = 0 then 'declined' when n % 5 = 0 then 'cancelled' else 'delivered' end,
    'BDT', 100 * (1 + n % 12), 100 * (1 + n % 12), 'visit-' || n,
    started_at + interval '1 hour',
    case when n % 9 <> 0 then started_at + interval '90 minutes' end,
    case when n % 9 <> 0 and n % 5 = 0 then started_at + (n % 80) * interval '1 day' end
from visits
where n % 2 = 0;

insert into shop.order_items (order_item_id, order_id, line_number, product_id, seller_id, quantity, unit_price_minor, total_minor, currency, ship_by_at, shipped_at)
select
    'item-' || n, 'order-' || n, 1, 'thing-' || (1 + n % 12), 'seller-' || (1 + (1 + n % 12) % 2), 1,
    100 * (1 + n % 12), 100 * (1 + n % 12), 'BDT',
    started_at + interval '3 days',
    case when n % 7 <> 0 then started_at + random() * interval '5 days' end
from visits
where n % 2 = 0;

insert into shop.payment_attempts (payment_attempt_id, order_id, customer_id, session_id, device_id, card_token, method, amount_minor, currency, outcome, attempted_at)
select
    'attempt-' || n, 'order-' || n, customer_id, 'visit-' || n, device_id, 'card-' || (1 + floor(30 * random()))::integer, 'card',
    100 * (1 + n % 12), 'BDT', case when n % 9 = 0 then 'declined' else 'authorised' end, started_at + interval '70 minutes'
from visits
where n % 2 = 0;

insert into shop.fraud_labels (fraud_label_id, payment_attempt_id, order_id, outcome, label_source, labelled_at)
select
    'label-' || n || '-' || round_number, 'attempt-' || n, 'order-' || n,
    case when (n + round_number) % 3 = 0 then 'fraud' when (n + round_number) % 3 = 1 then 'legitimate' else 'unsure' end,
    'analyst', started_at + round_number * random() * interval '20 days'
from visits
cross join generate_series(1, 2) as round_number
where n % 4 = 0;

insert into shop.reviews (review_id, order_id, product_id, seller_id, customer_id, rating, reviewed_at)
select
    'review-' || n, 'order-' || n, 'thing-' || (1 + n % 12), 'seller-' || (1 + (1 + n % 12) % 2), customer_id, 1 + n % 5,
    started_at + random() * interval '15 days'
from visits
where n % 4 = 2;

insert into shop.refunds (refund_id, order_id, amount_minor, currency, reason, refunded_at)
select 'refund-' || n, 'order-' || n, 50, 'BDT', 'late', started_at + interval '1 day' + random() * interval '70 days'
from visits
where n % 10 = 2;

-- Questions of one message or more, answered or not, by sellers in their own time.
insert into shop.messages (message_id, seller_id, customer_id, order_id, sender, body, sent_at)
select
    'message-' || n || '-' || step, 'seller-' || (1 + (1 + n % 12) % 2), customer_id, 'order-' || n,
    case when step = 0 or n % 5 = step then 'customer' else 'seller' end, 'When?',
    started_at + step * (n % 40) * interval '1 hour'
from visits
cross join generate_series(0, 2) as step
where n % 6 = 0 and (step < 2 or n % 4 = 0);

-- Visits of the very last day, which are young enough to be served.
insert into shop.events (event_id, event_type, session_id, customer_id, product_id, occurred_at)
select 'last-' || n, 'product_view', 'last-' || n % 3, 'crowd-1', 'thing-' || n, last_at + n * interval '1 second'
from generate_series(1, 7) as n
cross join (select max(refunded_at) as last_at from shop.refunds) as refunds;

-- Lists of four places that customers saw, the fourth drawn of two products, some within an experiment, and clicks on them: at once, again, too late, by nobody known.
insert into shop.impressions (impression_id, request_id, session_id, customer_id, unit_id, experiment_id, arm, shelf, product_id,
    position, candidate_source, model_name, model_version, propensity, alternative_product_ids, shown_at)
select
    'seen-' || n || '-' || place, 'list-' || n, 'visit-' || n, customer_id, customer_id,
    case when n % 3 = 0 then 'trial' end, case when n % 3 = 0 then case when n % 2 = 0 then 'champion' else 'challenger' end end,
    'for_you', 'thing-' || (1 + (n + place) % 12), place, 'collaborative', 'recommendation', '1',
    case when place = 4 then 0.5 else 1 end,
    case when place = 4 then array['thing-' || (1 + (n + 4) % 12), 'thing-' || (1 + (n + 5) % 12)] end,
    started_at - interval '1 minute'
from visits
cross join generate_series(1, 4) as place;

insert into shop.events (event_id, event_type, session_id, customer_id, device_id, product_id, request_id, shelf, position, occurred_at)
select
    'click-' || n || '-' || place || '-' || again, 'recommendation_click',
    case when n % 11 = 0 then 'elsewhere-' || n else 'visit-' || n end,
    case when n % 7 <> 0 then customer_id end, device_id, 'thing-' || (1 + (n + place) % 12), 'list-' || n, 'for_you', place,
    started_at + (place * 11 + 7 * again) * interval '1 minute' + case when n % 13 = 0 then interval '2 days' else interval '0' end
from visits
cross join generate_series(1, 4) as place
cross join generate_series(0, 1) as again
where (n * 5 + place * 3 + again) % 4 = 0;

insert into shop.experiments (experiment_id, title, surface, kind, salt, arms, started_at, started_by)
values ('trial', 'A trial', 'for_you', 'ab', 'salt',
    '[{"name": "champion", "variant": "champion", "share": 0.5}, {"name": "challenger", "variant": "challenger", "share": 0.5}]',
    '2024-01-05 00:00Z', 'admin');
insert into shop.experiment_exposures (experiment_id, unit_id, arm, exposed_at)
select 'trial', customer_id, case when n % 2 = 0 then 'champion' else 'challenger' end, started_at
from visits
where n % 3 = 0
on conflict do nothing;
insert into shop.experiment_exposures (experiment_id, unit_id, arm, exposed_at) values ('trial', 'saw-nothing', 'champion', '2024-02-01 00:00Z');

-- What the tagger suggested for every listing, and what its seller said of it, if anything.
insert into shop.tag_suggestions (tag_suggestion_id, product_id, listing_id, seller_id, category_id, attribute, suggested_value,
    probability, model_version, status, final_value, answered_in, suggested_at, answered_at)
select
    'tag-' || n || '-' || attribute, 'thing-' || n, 'thing-' || n, 'seller-' || (1 + n % 2), 'category-' || (1 + n % 3), attribute, value,
    0.5 + n / 30.0, '1', status, case status when 'accepted' then value when 'changed' then 'other' end,
    case when status <> 'suggested' then 'listing' end, suggested_at,
    case when status <> 'suggested' then suggested_at + n * interval '1 day' end
from generate_series(1, 12) as n
cross join (values (0, 'colour', 'teal'), (1, 'material', 'clay'), (2, 'season', 'winter')) as tags (place, attribute, value)
cross join lateral (
    values ((array['suggested', 'accepted', 'changed', 'refused'])[1 + (n + place) % 4], timestamptz '2024-02-01 00:00Z' + n * interval '7 days')
) as said (status, suggested_at);
