-- A shop small enough to work every answer out by hand. Dates are in 2024, instants in UTC.
-- Seller 1 counts days in Dhaka (UTC+6), seller 2 in São Paulo (UTC-3).
insert into shop.marketplace (source, currency, is_simulated, data_until) values ('simulation', 'BDT', true, '2024-06-30 00:00Z');

insert into shop.users (user_id, role, email, full_name, phone, signed_up_at) values
    ('amina', 'customer', 'amina@example.org', 'Amina Canary-Name', '+880-canary', '2024-02-01 00:00Z'),
    ('karim', 'customer', 'karim@example.org', 'Karim', null, '2024-02-01 00:00Z'),
    ('noor', 'customer', 'noor@example.org', 'Noor', null, '2024-02-01 00:00Z'),
    ('owner-1', 'seller', 'one@example.org', 'Owner One', null, '2024-01-01 00:00Z'),
    ('owner-2', 'seller', 'two@example.org', 'Owner Two', null, '2024-01-01 00:00Z');
insert into shop.addresses (address_id, user_id, recipient_name, line_1, city, country_code, latitude, longitude, address_hash, is_default) values
    ('home', 'amina', 'Amina Canary-Name', '1 Canary Road', 'Dhaka', 'BD', 23.8, 90.4, 'hash-home', true),
    ('office', 'amina', 'Amina', '2 Canary Road', 'Chattogram', 'BD', 22.4, 91.8, 'hash-office', false);
insert into shop.sellers (seller_id, user_id, shop_name, country_code, time_zone, joined_at) values
    ('seller-1', 'owner-1', 'One', 'BD', 'Asia/Dhaka', '2024-01-01 00:00Z'),
    ('seller-2', 'owner-2', 'Two', 'BR', 'America/Sao_Paulo', '2024-01-01 00:00Z');
insert into shop.categories (category_id, name, path) values
    ('category-1', 'Mugs', 'Mugs'), ('category-2', 'Shirts', 'Shirts'), ('category-3', 'Rings', 'Rings');
insert into shop.products (product_id, seller_id, category_id, title, price_minor, currency, listed_at) values
    ('mug', 'seller-1', 'category-1', 'Mug', 1000, 'BDT', '2024-02-01 00:00Z'),
    ('shirt', 'seller-2', 'category-2', 'Shirt', 3000, 'BDT', '2024-02-01 00:00Z');
insert into shop.stock (product_id, units_on_hand) values ('mug', 7);
insert into shop.devices (device_id, first_seen_at) values ('phone', '2024-03-01 00:00Z'), ('laptop', '2024-03-01 00:00Z');

insert into shop.sessions (session_id, customer_id, device_id, started_at, last_seen_at) values
    ('first', 'amina', 'phone', '2024-03-02 10:00Z', '2024-03-02 10:30Z'),
    ('overnight', 'amina', 'phone', '2024-03-05 23:50Z', '2024-03-06 00:10Z'),
    ('bot', null, 'laptop', '2024-03-07 10:00Z', '2024-03-07 10:00Z');
insert into shop.events (event_id, event_type, session_id, customer_id, device_id, product_id, occurred_at) values
    ('e1', 'product_view', 'first', 'amina', 'phone', 'mug', '2024-03-02 10:00Z'),
    ('e2', 'product_view', 'first', 'amina', 'phone', 'shirt', '2024-03-02 10:05Z'),
    ('e3', 'product_view', 'first', 'amina', 'phone', 'mug', '2024-03-02 10:06Z'),
    ('e4', 'cart_add', 'first', 'amina', 'phone', 'mug', '2024-03-02 10:07Z'),
    ('e5', 'purchase', 'first', 'amina', 'phone', null, '2024-03-02 10:10Z'),
    ('e6', 'product_view', 'overnight', 'amina', 'phone', 'shirt', '2024-03-05 23:55Z'),
    ('e7', 'product_view', 'overnight', 'amina', 'phone', 'mug', '2024-03-06 00:05Z'),
    ('e8', 'product_view', 'sessionless', 'karim', 'laptop', 'shirt', '2024-03-07 02:00Z'),
    ('e9', 'product_view', 'sessionless', 'karim', 'laptop', 'gone', '2024-03-07 02:01Z');

-- o1: two sellers, seller 2 ships three days late. o2: approved just after midnight, cancelled later. o3: declined.
insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor, session_id, shipping_address_id, ordered_at, approved_at, cancelled_at) values
    ('o1', 'amina', 'delivered', 'BDT', 5000, 100, 100, 0, 5000, 'first', 'home', '2024-03-02 10:10Z', '2024-03-02 10:11Z', null),
    ('o2', 'amina', 'cancelled', 'BDT', 1000, 0, 0, 0, 1000, null, 'home', '2024-03-10 23:59:50Z', '2024-03-11 00:00:10Z', '2024-03-15 12:00Z'),
    ('o3', 'karim', 'declined', 'BDT', 3000, 0, 0, 0, 3000, null, 'home', '2024-03-12 10:00Z', null, null);
insert into shop.order_items (order_item_id, order_id, line_number, product_id, seller_id, quantity, unit_price_minor, discount_minor, shipping_minor, commission_minor, total_minor, currency, ship_by_at, shipped_at) values
    ('i1', 'o1', 1, 'mug', 'seller-1', 2, 1000, 100, 100, 200, 2000, 'BDT', '2024-03-05 12:00Z', '2024-03-04 12:00Z'),
    ('i2', 'o1', 2, 'shirt', 'seller-2', 1, 3000, 0, 0, 300, 3000, 'BDT', '2024-03-05 12:00Z', '2024-03-08 12:00Z'),
    ('i3', 'o2', 1, 'mug', 'seller-1', 1, 1000, 0, 0, 100, 1000, 'BDT', '2024-03-13 12:00Z', null),
    ('i4', 'o3', 1, 'shirt', 'seller-2', 1, 3000, 0, 0, 300, 3000, 'BDT', '2024-03-15 12:00Z', null);
-- y3 was held first and declined by the analyst afterwards; y0 was declined at once.
insert into shop.payment_attempts (payment_attempt_id, order_id, customer_id, session_id, device_id, card_token, method, amount_minor, currency, ip_country_code, shipping_address_id, outcome, attempted_at) values
    ('y0', 'o1', 'amina', 'first', 'phone', 'visa', 'card', 5000, 'BDT', 'BD', 'home', 'declined', '2024-03-02 10:10:10Z'),
    ('y1', 'o1', 'amina', 'first', 'phone', 'master', 'card', 5000, 'BDT', 'BD', 'home', 'authorised', '2024-03-02 10:10:30Z'),
    ('y2', 'o2', 'amina', null, null, 'master', 'card', 1000, 'BDT', 'BD', 'home', 'authorised', '2024-03-11 00:00:05Z'),
    ('y3', 'o3', 'karim', null, 'phone', 'visa', 'card', 3000, 'BDT', 'US', 'home', 'declined', '2024-03-12 10:00:30Z');
insert into shop.fraud_decisions (fraud_decision_id, payment_attempt_id, order_id, decision, rules_version, latency_ms, decided_at) values
    ('fd3', 'y3', 'o3', 'review', '1', 5, '2024-03-12 10:00:31Z');
-- y1: the bank takes the payment back on the 20th, a dispute on the 25th says it was legitimate after all.
insert into shop.fraud_labels (fraud_label_id, payment_attempt_id, order_id, outcome, label_source, labelled_at) values
    ('l1', 'y1', 'o1', 'legitimate', 'dispute', '2024-03-25 09:00Z'),
    ('l2', 'y2', 'o2', 'unsure', 'analyst', '2024-03-12 09:00Z'),
    ('l3', 'y3', 'o3', 'fraud', 'analyst', '2024-03-14 09:00Z');
insert into shop.chargebacks (chargeback_id, order_id, amount_minor, currency, reason, received_at) values
    ('cb1', 'o1', 5000, 'BDT', 'not me', '2024-03-20 09:00Z');
insert into shop.transactions (transaction_id, order_id, payment_attempt_id, kind, method, amount_minor, currency, occurred_at) values
    ('t1', 'o1', 'y1', 'charge', 'card', 5000, 'BDT', '2024-03-02 10:11Z');
-- Of the whole order o1 (2000 + 3000): 1001 is 400 and 601.
insert into shop.refunds (refund_id, order_id, order_item_id, amount_minor, currency, reason, refunded_at) values
    ('rf1', 'o1', null, 1001, 'BDT', 'late', '2024-03-09 10:00Z');
insert into shop.reviews (review_id, order_id, product_id, seller_id, customer_id, rating, is_hidden, reviewed_at) values
    ('rv1', 'o1', 'mug', 'seller-1', 'amina', 5, false, '2024-03-08 10:00Z'),
    ('rv2', 'o1', 'shirt', 'seller-2', 'amina', 2, false, '2024-03-09 10:00Z'),
    ('rv3', 'o1', 'shirt', 'seller-2', 'amina', 1, true, '2024-03-09 11:00Z');
