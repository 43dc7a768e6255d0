"""A shop's own files: what loads, what is put aside with file, line and column, and what a later folder restates."""

import csv
from pathlib import Path
from typing import Any

import psycopg
import pytest

from marketplace.errors import InvalidInputError, MissingColumnsError
from marketplace.houses import address_hash
from marketplace.settings import Settings
from marketplace.vocabulary import MOST_VALUES
from pipelines.sources import LoadReport, ingest
from pipelines.sources.csv_shop import write_template
from pipelines.sources.csv_shop.columns import EXPECTED, MONEY
from pipelines.sources.csv_shop.template import column_tables
from tests.pipelines.sources.conftest import shop_checksums

FILES = {
    "shop": "currency,time_zone\nBDT,Asia/Dhaka\n",
    "sellers": "seller_id,shop_name,country_code,commission_percent\ns-1,Nakshi,BD,12.5\n",
    "products": "product_id,seller_id,title,price,category,units_on_hand\n"
    "p-1,s-1,Cushion,1250.50,Home > Cushions,12\np-2,s-1,নকশি কাঁথা,99,Home,\n",
    "customers": "customer_id,country_code,city,postcode\nc-1,BD,Dhaka,0120\nc-2,BD,,\n",
    "orders": "order_id,customer_id,ordered_at,status\n"
    "o-1,c-1,2025-05-04T18:20:00,delivered\no-2,c-2,2025-05-05T00:00:00Z,cancelled\n",
    "order_items": "order_id,line_number,product_id,quantity,unit_price,discount,shipping\n"
    "o-1,1,p-1,2,1250.50,100,60\no-1,2,p-2,1,99.00,,\no-2,1,p-2,3,99,,\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mine"
    path.mkdir()
    write(path, **FILES)
    return path


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")


def load(folder: Path, url: str, **given: Any) -> LoadReport:
    return ingest("csv", folder, Settings(database={"url": url}), **given)  # type: ignore[arg-type]


def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_files_become_a_living_shop(folder: Path, database_url: str) -> None:
    assert load(folder, database_url).reasons == {}
    assert fetch(database_url, "select source, currency, time_zone, data_until::text from shop.marketplace") == [
        ("csv", "BDT", "Asia/Dhaka", "2025-05-06 00:00:00+00")
    ]
    # 2 × 1250.50 − 100 + 60 + 99; commission 12.5 % of 2401.00 and of 99.00, rounded down
    orders = (
        "select order_id, status, subtotal_minor, discount_minor, shipping_minor, total_minor, ordered_at::text from shop.orders"
    )
    assert fetch(database_url, f"{orders} order by 1") == [
        ("o-1", "delivered", 260000, 10000, 6000, 256000, "2025-05-04 12:20:00+00"),
        ("o-2", "cancelled", 29700, 0, 0, 29700, "2025-05-05 00:00:00+00"),
    ]
    assert fetch(database_url, "select commission_minor from shop.order_items order by order_item_id") == [
        (30012,),
        (1237,),
        (3712,),
    ]
    assert fetch(database_url, "select transaction_id, amount_minor from shop.transactions") == [("charge-o-1", 256000)]
    assert fetch(database_url, "select path from shop.categories order by 1") == [("Home",), ("Home > Cushions",)]
    assert fetch(database_url, "select product_id, units_on_hand from shop.stock order by 1") == [("p-1", 12), ("p-2", 0)]
    assert fetch(database_url, "select postcode from shop.addresses where user_id = 'c-1'") == [("0120",)]
    demo = fetch(database_url, "select email from shop.users where is_demo_account order by 1")
    assert [row[0].partition("@")[0] for row in demo] == ["admin", "analyst", "customer", "newcomer", "seller"]


def test_season_and_gender_stand_beside_the_columns_and_an_empty_cell_says_nothing(folder: Path, database_url: str) -> None:
    rows = ['p-1,s-1,Cap,1,"wi}nter, ""eid""",', "p-2,s-1,Hat,1,শীত,women", "p-3,s-1,Pot,1,,", "p-4,s-1,Tie,1,,men"]
    write(folder, products="\n".join(["product_id,seller_id,title,price,season,gender", *rows, ""]))
    assert load(folder, database_url).reasons == {}
    assert [row[0] for row in fetch(database_url, "select attributes from shop.products order by product_id")] == [
        {"season": 'wi}nter, "eid"'}, {"season": "শীত", "gender": "women"}, {}, {"gender": "men"}
    ]  # fmt: skip
    assert load(folder, database_url).restated == 0
    write(folder, products="product_id,seller_id,title,price,season\np-4,s-1,Tie,1,eid\n")
    assert load(folder, database_url).restated == 1
    assert fetch(database_url, "select attributes from shop.products where product_id = 'p-4'") == [({"season": "eid"},)]


def test_several_values_of_a_cell_stand_beside_the_main_one(folder: Path, database_url: str) -> None:
    rows = ['p-1,s-1,Scarf,1," red |নীল| red ||wi""d",,,winter', "p-2,s-1,Ring,1,,silver|jade,,", "p-3,s-1,Pot,1, | ,clay,|eid,"]
    write(folder, products="\n".join(["product_id,seller_id,title,price,colour,material,occasion,season", *rows, ""]))
    assert load(folder, database_url).reasons == {}
    assert fetch(database_url, "select colour, material, occasion, attributes from shop.products order by product_id") == [
        ("red", None, None, {"season": "winter", "further_values": {"colour": ["নীল", 'wi"d']}}),
        (None, "silver", None, {"further_values": {"material": ["jade"]}}),
        (None, "clay", "eid", {}),
    ]
    assert load(folder, database_url).restated == 0


def test_cell_of_more_values_than_a_listing_may_have_keeps_the_first_and_its_orders(folder: Path, database_url: str) -> None:
    most, more = ("|".join(f"shade {at}" for at in range(MOST_VALUES + extra)) for extra in (0, 1))
    heading = "product_id,seller_id,title,price,colour,material"
    rows = [f"p-1,s-1,Scarf,1,{most}| |shade 3,silk", f"p-2,s-1,Ring,1,{more},{more}", f"p-3,s-1,Pot,no price,{more},"]
    write(folder, products="\n".join([heading, *rows, ""]))
    report = load(folder, database_url)
    surplus = "colour has more than 10 values: the first 10 are kept, the others wait here"
    assert report.reasons == {("products.csv", surplus): 1, ("products.csv", f"price is not {EXPECTED[MONEY]}"): 1}
    kept = fetch(database_url, "select product_id, colour, attributes #> '{further_values,colour}' from shop.products order by 1")
    assert kept == [(id_, "shade 0", [f"shade {at}" for at in range(1, MOST_VALUES)]) for id_ in ("p-1", "p-2")]
    assert fetch(database_url, "select count(*) from shop.order_items where product_id = 'p-2'") == [(2,)]
    assert load(folder, database_url).restated == 0
    waiting = ("select row_key, context ->> 'column', payload ->> 'colour' from quarantine.rows "
               "where resolved_at is null order by 2")  # fmt: skip
    assert fetch(database_url, waiting) == [("p-2", "colour", more), ("p-3", "price", more)]
    write(folder, products=f"{heading}\np-2,s-1,Ring,1,red,gold\np-3,s-1,Pot,1,,\n")
    load(folder, database_url)
    assert fetch(database_url, waiting) == []


def test_value_that_its_category_does_not_have_is_kept_and_told(folder: Path, database_url: str) -> None:
    heading = "product_id,seller_id,title,price,category,season"
    cups = [f"p-{at},s-1,Cup {at},1,Kitchen > Cups,{'winter' if at == 7 else ''}" for at in range(50)]
    hats = [f"hat-{at},s-1,Hat {at},1,Clothing > Hats,winter" for at in range(12)]
    write(folder, products="\n".join([heading, *cups, *hats, ""]))
    told = {"Kitchen > Cups has no season; it has colour, material, occasion, gender": ["p-7"]}
    assert load(folder, database_url, check_only=True).unusual == told
    report = load(folder, database_url)
    assert (report.reasons, report.unusual) == ({}, told)
    kept = fetch(database_url, "select attributes from shop.products where product_id = 'p-7'")
    assert kept == [({"season": "winter"},)]
    write(folder, products=f"{heading}\ncup-99,s-1,Cup 99,1,Kitchen > Cups,eid\nhat-99,s-1,Hat 99,1,Clothing > Hats,eid\n")
    assert list(load(folder, database_url).unusual.values()) == [["cup-99"]], "what the shop has is learnt from too"


def test_same_folder_twice_changes_nothing(folder: Path, database_url: str) -> None:
    load(folder, database_url)
    before = shop_checksums(database_url)
    again = load(folder, database_url)
    assert (again.inserted, again.restated) == (0, 0)
    assert shop_checksums(database_url) == before


def test_later_folder_restates_its_rows_and_nothing_else(folder: Path, database_url: str, tmp_path: Path) -> None:
    load(folder, database_url)
    before = dict(fetch(database_url, "select order_item_id, updated_at from shop.order_items"))
    products = fetch(database_url, "select * from shop.products order by 1")
    late = tmp_path / "late"
    late.mkdir()
    write(late, order_items="order_id,line_number,product_id,quantity,unit_price\no-1,2,p-2,2,99.00\no-1,3,p-1,1,10\n")
    report = load(late, database_url)
    assert (report.tables["order_items"].inserted, report.tables["order_items"].restated, report.quarantined) == (1, 1, 0)
    after = dict(fetch(database_url, "select order_item_id, updated_at from shop.order_items"))
    assert {line for line in before if after[line] != before[line]} == {"o-1-2"}
    assert fetch(database_url, "select subtotal_minor, total_minor from shop.orders order by order_id") == [
        (270900, 266900), (29700, 29700)
    ]  # fmt: skip
    assert fetch(database_url, "select amount_minor from shop.transactions") == [(266900,)]
    assert fetch(database_url, "select * from shop.products order by 1") == products
    write(late, order_items="order_id,line_number,product_id,quantity,unit_price\no-1,2,p-2,1,99.00\n")
    assert load(late, database_url).restated == 1
    assert fetch(database_url, "select total_minor from shop.orders where order_id = 'o-1'") == [(257000,)]


def test_sellers_hours_are_added_up_again_only_if_an_attempt_changed(folder: Path, database_url: str, tmp_path: Path) -> None:
    load(folder, database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("update shop.seller_hours_added_up set added_up_from = '2025-05-01', added_up_until = '2025-06-01'")
    late = tmp_path / "late"
    late.mkdir()
    write(late, order_items="order_id,line_number,product_id,quantity,unit_price\no-1,2,p-2,2,99.00\n")
    load(late, database_url)
    amounts = "select amount_minor from shop.seller_hours where amount_minor > 0 order by 1 desc"
    assert fetch(database_url, f"{amounts} limit 1") == [(265900,)]  # a late line changed the attempt of its order
    with psycopg.connect(database_url) as connection:
        connection.execute("delete from shop.seller_hours")
    load(late, database_url)
    assert fetch(database_url, amounts) == []


BAD_ROWS = [
    ("products", "p-9,s-1,Cup,12.345,,", "price", "12.345", "price is not an amount such as 1234.50"),
    ("products", "p-9,s-1,Cup,-1,,", "price", "-1", "price is not an amount"),
    ("products", "p-9,s-9,Cup,1,,", "seller_id", "s-9", "seller_id names no good row of sellers.csv"),
    ("products", "p-9,s-1,,1,,", "title", "", "title is empty; it needs text"),
    ("products", "p-1,s-1,Other,1,,", "product_id", "p-1", "the same key came before with other values"),
    ("customers", "c-9,Bangladesh,,", "country_code", "Bangladesh", "country_code is not a country"),
    ("orders", "o-9,c-1,yesterday,delivered", "ordered_at", "yesterday", "ordered_at is not an instant"),
    ("orders", "o-9,c-1,2025-02-30T00:00:00,delivered", "ordered_at", "2025-02-30T00:00:00", "ordered_at is not an instant"),
    ("orders", "o-9,c-1,2025-05-04T00:00:00,lost", "status", "lost", "status is not one of created"),
    ("order_items", "o-9,1,p-1,1,1,,", "order_id", "o-9", "order_id names no good row of orders.csv"),
    ("order_items", "o-1,9,p-1,0,1,,", "quantity", "0", "quantity is 0"),
    ("order_items", "o-1,9,p-1,1,5,6,", "discount", "6", "discount is more than the line costs"),
    ("order_items", "o-1,9,p-1,1000000,9999999999,,", "unit_price", "9999999999", "quantity × unit_price is more than"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "row", "column", "came", "reason"), BAD_ROWS)
def test_bad_row_is_told_with_file_line_column_and_what_came(
    folder: Path, database_url: str, name: str, row: str, column: str, came: str, reason: str
) -> None:
    write(folder, **{name: f"{FILES[name]}{row}\n"})
    report = load(folder, database_url, check_only=True)
    [example] = report.examples
    line = FILES[name].count("\n") + 1
    assert (example.file, example.line, example.column, example.came) == (f"{name}.csv", line, column, came)
    assert example.reason.startswith(reason)
    assert report.quarantined == 1


def test_check_only_writes_nothing(folder: Path, database_url: str) -> None:
    write(folder, products=FILES["products"] + "p-9,s-1,,1,,\n")
    before = shop_checksums(database_url)
    assert load(folder, database_url, check_only=True).quarantined == 1
    assert shop_checksums(database_url) == before
    assert fetch(database_url, "select count(*) from quarantine.rows") == [(0,)]


def test_quote_that_is_never_closed_does_not_swallow_the_rows_after_it(folder: Path, database_url: str) -> None:
    write(folder, products='product_id,seller_id,title,price\np-0,s-1,"Broken,1\np-1,s-1,Cushion,1\np-2,s-1,"A, B",2\n')
    report = load(folder, database_url)
    assert fetch(database_url, "select product_id from shop.products order by 1") == [("p-1",), ("p-2",)]
    assert [(one.line, one.reason) for one in report.examples] == [(2, "has a quote that is not closed, or text behind one")]


def test_corrected_row_in_a_later_folder_ends_its_quarantine(folder: Path, database_url: str) -> None:
    write(folder, products=FILES["products"] + "p-3,s-1,Cup,free,,\n")
    load(folder, database_url)
    write(folder, products=FILES["products"] + "p-3,s-1,Cup,0.50,,\n")
    assert load(folder, database_url).inserted == 2  # the product and its stock of 0
    assert fetch(database_url, "select object, row_key, resolution from quarantine.rows") == [("products.csv", "p-3", "loaded")]


def test_unusable_files_are_refused_with_what_to_do(folder: Path, database_url: str) -> None:
    (folder / "order.csv").write_text("x\n")
    with pytest.raises(InvalidInputError, match=r"nobody reads order\.csv .* the files are shop\.csv"):
        load(folder, database_url)
    (folder / "order.csv").unlink()
    write(folder, products="product,seller_id,title,price\n")
    with pytest.raises(
        MissingColumnsError, match=r"products\.csv, line 1: the columns product_id are missing; there are product"
    ):
        load(folder, database_url)
    (folder / "products.csv").unlink()
    with pytest.raises(MissingColumnsError, match=r"has no products\.csv; it has .*--template"):
        load(folder, database_url)


def test_template_loads_as_it_is_and_overwrites_nothing(tmp_path: Path, database_url: str) -> None:
    paths = write_template(tmp_path / "template")
    assert all(len(list(csv.reader(path.open()))) == 2 for path in paths)
    report = load(tmp_path / "template", database_url)
    assert (report.quarantined, report.tables["orders"].inserted, report.tables["events"].inserted) == (0, 1, 1)
    with pytest.raises(InvalidInputError, match="already; name an empty folder"):
        write_template(tmp_path / "template")


def test_guide_holds_the_columns_as_the_reader_knows_them() -> None:
    guide = Path(__file__).parents[3] / "docs" / "bring_your_shop.md"
    assert column_tables().strip() in guide.read_text()


def test_one_house_is_one_to_checkout_and_to_the_import(folder: Path, database_url: str) -> None:
    people = ["c-1,12 Lake Road,Dhaka", "c-2,12 LAKE ROAD,dhaka", "c-3,,Dhaka", "c-4,,Dhaka"]
    write(folder, customers="\n".join(["customer_id,line_1,city,country_code", *(f"{one},BD" for one in people)]))
    load(folder, database_url)
    hashes = dict(fetch(database_url, "select user_id, address_hash from shop.addresses where user_id like 'c-%'"))
    assert hashes["c-1"] == hashes["c-2"] == address_hash("12 Lake Road", "Dhaka")
    assert len(set(hashes.values())) == 3
