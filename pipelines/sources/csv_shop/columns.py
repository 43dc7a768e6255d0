"""The files that a shop brings: which there are, their columns, and what each may hold. Template, reader and guide follow it."""

from dataclasses import dataclass

from marketplace.vocabulary import MOST_VALUES, EventType, OrderStatus

ID, TEXT, TEXTS, MONEY, COUNT, NUMBER, INSTANT, RATE = "id", "text", "texts", "money", "count", "number", "instant", "rate"
COUNTRY, CURRENCY, ZONE, YES_NO, RATING, STATUS, EVENT = "country", "currency", "zone", "yes_no", "rating", "status", "event"

STATUSES = tuple(status.value for status in OrderStatus)
EVENTS = tuple(event.value for event in EventType)

# Kind -> what is expected, as said in the guide and in the reason of a row that is put aside.
EXPECTED = {
    ID: "an id: 1 to 100 characters without spaces",
    TEXT: "text: at most 5000 characters of UTF-8, no control characters",
    TEXTS: f"text without control characters; where several are true, {MOST_VALUES} at most, the main one first and `|` between",
    MONEY: "an amount such as 1234.50: digits, a point, at most two decimals, no currency sign",
    COUNT: "a whole number from 0 to 1000000",
    NUMBER: "a number such as 23.81",
    INSTANT: "an instant such as 2026-01-31T14:05:00 (the shop's time) or 2026-01-31T08:05:00Z",
    RATE: "a percentage from 0 to 100 with at most two decimals",
    COUNTRY: "a country in two capital letters, such as BD",
    CURRENCY: "a currency in three capital letters, such as BDT",
    ZONE: "a time zone such as Asia/Dhaka",
    YES_NO: "yes or no",
    RATING: "a whole number from 1 to 5",
    STATUS: f"one of {', '.join(STATUSES)}",
    EVENT: f"one of {', '.join(EVENTS)}",
}


@dataclass(frozen=True)
class Column:
    """One column: what it holds, an example for the template, and where its ids must be known."""

    name: str
    kind: str
    example: str
    meaning: str
    is_required: bool = False
    refers_to: str | None = None


@dataclass(frozen=True)
class FileSpec:
    """One file; `key` tells its rows apart, and `is_needed` files a new marketplace cannot do without."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    is_needed: bool = False

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _must(name: str, kind: str, example: str, meaning: str, refers_to: str | None = None) -> Column:
    return Column(name, kind, example, meaning, True, refers_to)


FILES: tuple[FileSpec, ...] = (
    FileSpec(
        "shop",
        "the marketplace itself, one row",
        ("currency",),
        (
            _must("currency", CURRENCY, "BDT", "the one currency of every amount"),
            _must("time_zone", ZONE, "Asia/Dhaka", "of every instant that is written without an offset"),
        ),
        is_needed=True,
    ),
    FileSpec(
        "sellers",
        "one row per seller",
        ("seller_id",),
        (
            _must("seller_id", ID, "s-1", "yours; it never changes"),
            _must("shop_name", TEXT, "Rahima's Nakshi", "as customers see it"),
            _must("country_code", COUNTRY, "BD", "where goods leave from"),
            Column("email", TEXT, "rahima@shop.example", "of the owner"),
            Column("owner_name", TEXT, "Rahima Khatun", "of the owner"),
            Column("city", TEXT, "Jamalpur", ""),
            Column("region", TEXT, "Mymensingh", ""),
            Column("latitude", NUMBER, "24.92", "degrees"),
            Column("longitude", NUMBER, "89.95", "degrees"),
            Column("time_zone", ZONE, "Asia/Dhaka", "of the seller's pages; the shop's, if empty"),
            Column("commission_percent", RATE, "10", "what the marketplace keeps; 10, if empty"),
            Column("joined_at", INSTANT, "2025-03-01T09:00:00", "the first order, if empty"),
        ),
        is_needed=True,
    ),
    FileSpec(
        "products",
        "one row per product",
        ("product_id",),
        (
            _must("product_id", ID, "p-1", "yours; it never changes"),
            _must("seller_id", ID, "s-1", "", "sellers"),
            _must("title", TEXT, "Embroidered cushion cover, blue", "as customers see it"),
            _must("price", MONEY, "1250.00", "of one unit"),
            Column("category", TEXT, "Home > Cushions", "a path, the widest word first"),
            Column("description", TEXT, "Hand-stitched cotton, 40 × 40 cm", ""),
            Column("colour", TEXTS, "blue | white", ""),
            Column("material", TEXTS, "cotton", ""),
            Column("occasion", TEXTS, "wedding", ""),
            Column("season", TEXT, "winter", ""),
            Column("gender", TEXT, "unisex", "for whom it is"),
            Column("weight_grams", COUNT, "220", ""),
            Column("units_on_hand", COUNT, "12", "in stock now; 0, if empty"),
            Column("is_active", YES_NO, "yes", "whether it is for sale; yes, if empty"),
            Column("listed_at", INSTANT, "2025-03-02T09:00:00", "the first order, if empty"),
        ),
        is_needed=True,
    ),
    FileSpec(
        "customers",
        "one row per customer",
        ("customer_id",),
        (
            _must("customer_id", ID, "c-1", "yours; it never changes"),
            _must("country_code", COUNTRY, "BD", "of the address"),
            Column("email", TEXT, "karim@mail.example", "a made-up one that reaches nobody, if empty"),
            Column("full_name", TEXT, "Karim Uddin", ""),
            Column("line_1", TEXT, "12 Lake Road", "of the address"),
            Column("city", TEXT, "Dhaka", ""),
            Column("region", TEXT, "Dhaka", ""),
            Column("postcode", TEXT, "1205", "text: leading zeros stay"),
            Column("latitude", NUMBER, "23.75", "degrees"),
            Column("longitude", NUMBER, "90.37", "degrees"),
            Column("signed_up_at", INSTANT, "2025-04-01T10:00:00", "the first order, if empty"),
        ),
        is_needed=True,
    ),
    FileSpec(
        "orders",
        "one row per order; its totals are the sums of its lines",
        ("order_id",),
        (
            _must("order_id", ID, "o-1", "yours; it never changes"),
            _must("customer_id", ID, "c-1", "", "customers"),
            _must("ordered_at", INSTANT, "2025-05-04T18:20:00", ""),
            _must("status", STATUS, "delivered", "where the order stands now"),
            Column("payment_method", TEXT, "bkash", "unknown, if empty"),
            Column("approved_at", INSTANT, "2025-05-04T18:21:00", "when it was paid"),
            Column("shipped_at", INSTANT, "2025-05-05T11:00:00", ""),
            Column("delivered_at", INSTANT, "2025-05-07T15:30:00", ""),
            Column("estimated_delivery_at", INSTANT, "2025-05-09T00:00:00", "what the customer was promised"),
            Column("cancelled_at", INSTANT, "", ""),
        ),
        is_needed=True,
    ),
    FileSpec(
        "order_items",
        "one row per line of an order",
        ("order_id", "line_number"),
        (
            _must("order_id", ID, "o-1", "", "orders"),
            _must("line_number", COUNT, "1", "1, 2, 3 … within its order"),
            _must("product_id", ID, "p-1", "", "products"),
            _must("quantity", COUNT, "2", "units, at least 1"),
            _must("unit_price", MONEY, "1250.00", "of one unit, before discount"),
            Column("discount", MONEY, "100.00", "on the whole line"),
            Column("shipping", MONEY, "60.00", "of the whole line"),
            Column("tax", MONEY, "0.00", "on the whole line"),
        ),
        is_needed=True,
    ),
    FileSpec(
        "refunds",
        "one row per refund",
        ("refund_id",),
        (
            _must("refund_id", ID, "r-1", ""),
            _must("order_id", ID, "o-1", "", "orders"),
            _must("amount", MONEY, "100.00", "more than 0"),
            _must("refunded_at", INSTANT, "2025-05-10T12:00:00", ""),
            Column("reason", TEXT, "arrived scratched", ""),
        ),
    ),
    FileSpec(
        "reviews",
        "one row per review of a product",
        ("review_id",),
        (
            _must("review_id", ID, "v-1", ""),
            _must("product_id", ID, "p-1", "", "products"),
            _must("customer_id", ID, "c-1", "", "customers"),
            _must("rating", RATING, "5", "stars"),
            _must("reviewed_at", INSTANT, "2025-05-12T20:00:00", ""),
            Column("order_id", ID, "o-1", "the order it came with", False, "orders"),
            Column("title", TEXT, "Lovely", ""),
            Column("body", TEXT, "Better than in the picture.", ""),
        ),
    ),
    FileSpec(
        "events",
        "one row per step of a visitor: views, searches, carts",
        ("event_id",),
        (
            _must("event_id", ID, "e-1", "sent twice it counts once"),
            _must("event_type", EVENT, "product_view", ""),
            _must("session_id", ID, "n-1", "one visit of one browser"),
            _must("occurred_at", INSTANT, "2025-05-04T18:02:00", ""),
            Column("customer_id", ID, "c-1", "if the visitor was signed in", False, "customers"),
            Column("product_id", ID, "p-1", "", False, "products"),
            Column("quantity", COUNT, "", "units put into the cart or taken out"),
            Column("search_query", TEXT, "", "what was searched for"),
        ),
    ),
)  # fmt: skip
BY_NAME = {spec.name: spec for spec in FILES}
