"""A tiny Olist folder in the original layout, and checksums of a shop."""

# ruff: noqa: E501 (headings as they are in the files)

from pathlib import Path

import psycopg
import pytest

# Tables that no source fills: what the running shop writes.
WRITTEN_BY_THE_SHOP = {
    "impressions", "tag_suggestions", "tagging_jobs", "listing_photos", "dismissals", "experiments", "experiment_exposures",
    "fraud_decisions", "fraud_shadow_decisions", "fraud_cases", "fraud_case_notes", "fraud_case_tags", "disputes",
    "fraud_rule_sets", "fraud_back_tests", "fraud_rule_publications", "fraud_rule_snoozes", "fraud_list_entries",
    "restock_settings", "seller_hours", "seller_last_hours", "outbox", "idempotency_keys", "refresh_tokens", "audit_log",
}  # fmt: skip
# One row each, in every shop.
OF_ONE_ROW = {"marketplace", "seller_hours_added_up"}

FILES = {
    "olist_customers_dataset": """customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
c-1,ana,01001,sao paulo,SP
c-2,ana,01001,sao paulo,SP
c-3,bia,22041,rio de janeiro,RJ
""",
    "olist_orders_dataset": """order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
o-1,c-1,delivered,2018-01-10 10:00:00,2018-01-10 10:05:00,2018-01-11 09:00:00,2018-01-15 12:00:00,2018-01-20 00:00:00
o-2,c-2,canceled,2018-07-10 23:30:00,,,,2018-07-20 00:00:00
o-3,c-3,invoiced,2017-10-15 00:30:00,2017-10-16 08:00:00,,,2017-10-30 00:00:00
o-4,c-3,lost,2018-01-01 10:00:00,,,,2018-01-20 00:00:00
o-5,c-9,delivered,2018-01-01 10:00:00,,,,2018-01-20 00:00:00
""",
    "olist_order_items_dataset": """order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o-1,1,p-1,s-1,2018-01-14 10:00:00,10.9,2.05
o-1,2,p-2,s-2,2018-01-14 10:00:00,100.00,7
o-3,1,p-1,s-1,2017-10-20 10:00:00,-3.00,1.00
o-3,2,p-1,s-1,2017-10-20 10:00:00,12.00,1.00
o-8,1,p-1,s-1,2017-10-20 10:00:00,12.00,1.00
""",
    "olist_order_payments_dataset": """order_id,payment_sequential,payment_type,payment_installments,payment_value
o-1,1,credit_card,3,100.1
o-1,2,voucher,1,19.85
o-2,1,boleto,1,0.07
o-3,1,credit_card,1,13.00
o-3,2,credit_card,1,abc
""",
    "olist_order_reviews_dataset": """review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp
r-1,o-1,5,Bom,"Muito bom,
recomendo",2018-01-16 00:00:00,2018-01-17 10:00:00
r-1,o-3,4,,,2017-11-01 00:00:00,2017-11-02 10:00:00
r-2,o-2,1,,Nunca chegou,2018-07-21 00:00:00,2018-07-22 10:00:00
""",
    "olist_products_dataset": """product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty,product_weight_g,product_length_cm,product_height_cm,product_width_cm
p-1,beleza_saude,40,100,1,250,20,10,15
p-2,,,,,,30,5,5
p-3,pc_gamer,40,100,1,900,20,10,15
""",
    "olist_sellers_dataset": """seller_id,seller_zip_code_prefix,seller_city,seller_state
s-1,01001,sao paulo,SP
s-2,99999,curitiba,PR
""",
    "olist_geolocation_dataset": """geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state
01001,-23.5,-46.6,sao paulo,SP
01001,-23.7,-46.8,sao paulo,SP
01001,-23.6,-46.7,sao paulo,SP
01001,41.6,-8.4,sao paulo,SP
22041,-22.9,-43.2,rio de janeiro,RJ
""",
    "product_category_name_translation": """product_category_name,product_category_name_english
beleza_saude,health_beauty
""",
}


@pytest.fixture
def olist_folder(tmp_path: Path) -> Path:
    """Five orders of which two cannot be kept, with every oddity of the real files."""
    folder = tmp_path / "olist"
    folder.mkdir()
    for stem, text in FILES.items():
        (folder / f"{stem}.csv").write_text(text, encoding="utf-8-sig")
    return folder


def shop_checksums(database_url: str) -> dict[str, tuple[int, str]]:
    """Row count and a checksum over all columns of every table in `shop`."""
    with psycopg.connect(database_url) as connection:
        tables = [row[0] for row in connection.execute("select tablename::text from pg_tables where schemaname = 'shop'")]
        found = {}
        for table in sorted(tables):
            query = f"select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text from shop.{table} as t"
            row = connection.execute(query).fetchone()  # type: ignore[arg-type]
            assert row is not None
            found[table] = (row[0], row[1])
        return found
