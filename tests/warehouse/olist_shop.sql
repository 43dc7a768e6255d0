-- The shape of the Olist files: orders, items, payments and reviews in reais; no visit, event, device or label.
insert into shop.marketplace (source, currency, time_zone, is_simulated, data_until) values ('olist', 'BRL', 'America/Sao_Paulo', false, '2018-09-01 00:00Z');
insert into shop.users (user_id, role, email, full_name, signed_up_at) values
    ('joana', 'customer', 'joana@example.org', 'Joana', '2018-01-01 00:00Z'),
    ('loja', 'seller', 'loja@example.org', 'Loja', '2018-01-01 00:00Z');
insert into shop.addresses (address_id, user_id, recipient_name, line_1, city, country_code, address_hash, is_default) values
    ('casa', 'joana', 'Joana', 'Rua 1', 'Recife', 'BR', 'hash-casa', true);
insert into shop.sellers (seller_id, user_id, shop_name, country_code, time_zone, joined_at) values
    ('loja', 'loja', 'Loja', 'BR', 'America/Sao_Paulo', '2018-01-01 00:00Z');
insert into shop.products (product_id, seller_id, category_id, title, title_is_generated, price_minor, currency, listed_at) values
    ('vaso', 'loja', null, 'Product', true, 5000, 'BRL', '2018-01-01 00:00Z');
insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, ordered_at, approved_at, delivered_at) values
    ('b1', 'joana', 'delivered', 'BRL', 5000, 5000, '2018-03-02 01:30Z', '2018-03-02 01:40Z', '2018-03-09 12:00Z'),
    ('b2', 'joana', 'shipped', 'BRL', 5000, 5000, '2018-04-02 12:00Z', null, null);
insert into shop.order_items (order_item_id, order_id, line_number, product_id, seller_id, quantity, unit_price_minor, total_minor, currency, ship_by_at) values
    ('b1-1', 'b1', 1, 'vaso', 'loja', 1, 5000, 5000, 'BRL', '2018-03-06 12:00Z'),
    ('b2-1', 'b2', 1, 'vaso', 'loja', 1, 5000, 5000, 'BRL', '2018-04-06 12:00Z');
insert into shop.payment_attempts (payment_attempt_id, order_id, customer_id, method, amount_minor, currency, outcome, attempted_at) values
    ('b1-p', 'b1', 'joana', 'boleto', 5000, 'BRL', 'authorised', '2018-03-02 01:30Z');
insert into shop.transactions (transaction_id, order_id, payment_attempt_id, kind, method, installments, amount_minor, currency, occurred_at) values
    ('b1-t', 'b1', 'b1-p', 'charge', 'boleto', 3, 5000, 'BRL', '2018-03-02 01:40Z');
insert into shop.reviews (review_id, order_id, product_id, seller_id, customer_id, rating, language, reviewed_at) values
    ('b1-r', 'b1', 'vaso', 'loja', 'joana', 4, 'pt', '2018-03-10 00:00Z');
