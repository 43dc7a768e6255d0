"""Products of a period: from being looked at to being ordered, and the rows that were counted."""

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.rows import Column, RowTable
from storefront_api.seller_analytics.signs import sign_of
from storefront_api.seller_analytics.suppression import FEWEST_CUSTOMERS

FUNNEL = (
    FigureDefinition(
        "visits_with_look",
        "Looked at a product",
        "count",
        "Sessions in which one of your products was looked at; each counts once, on the day of its first look.",
        "marts.fct_seller_visits",
        "visits",
    ),
    FigureDefinition(
        "visits_with_cart",
        "Put one into the cart",
        "count",
        "Those of them in which one of your products was put into the cart.",
        "marts.fct_seller_visits",
        "visits",
    ),
    FigureDefinition(
        "visits_with_order",
        "Ordered",
        "count",
        "Those of them in which an order with one of your products was placed that is a sale.",
        "marts.fct_seller_visits",
        "visits",
    ),
)
LISTINGS = (
    FigureDefinition(
        "favourites",
        "Favourites",
        "count",
        "How often your products stand on wishlists now; those taken off again do not count.",
        "shop.wishlist_items",
        "favourites",
    ),
    FigureDefinition(
        "stock_runs_out",
        "Run out soon",
        "count",
        "Listed products with at most 3 pieces in stock, or fewer than two weeks will take at the pace of the last 28 days.",
        "shop.stock",
        "low_stock",
    ),
)
SEARCHED_FOR = FigureDefinition(
    "searched_for",
    "Searched for",
    "count",
    "Visits of these days in which the words were searched for right before one of your products was looked at, by words; told"
    f" from {FEWEST_CUSTOMERS} people on.",
    "marts.fct_seller_searches",
    "searches",
)
DEFINITIONS = (*FUNNEL, *LISTINGS, SEARCHED_FOR)

# Products of the seller with what happened to them in the period.
PRODUCTS = """
    select happened.*, products.title, case when view_count > 0 then units_sold::float8 / view_count end as sold_per_view
    from (
        select product_id, sum(view_count)::bigint as view_count, sum(cart_add_count)::bigint as cart_add_count,
            sum(units_sold)::bigint as units_sold, sum(revenue_minor)::bigint as revenue_minor
        from marts.fct_product_days
        where seller_id = %(seller_id)s and sale_date between %(first)s and %(last)s
        group by product_id
    ) as happened
    inner join shop.products on products.product_id = happened.product_id and products.seller_id = %(seller_id)s
"""

# What is sold out, nearly so, or will be within two weeks at the pace of the last 28 days that have figures.
LOW_STOCK = """
    select products.title, products.product_id, stock.units_on_hand::bigint as units_on_hand,
        coalesce(sold.units, 0)::bigint as units_sold_28d,
        greatest(ceil(coalesce(sold.units, 0) / 2.0) - stock.units_on_hand, 0)::bigint as units_short,
        case when sold.units > 0 then stock.units_on_hand * 28.0 / sold.units end::float8 as cover_days
    from shop.products inner join shop.stock on stock.product_id = products.product_id
    left join (
        select product_id, sum(units_sold) as units from marts.fct_product_days
        where seller_id = %(seller_id)s and sale_date > %(known_last)s::date - 28 and sale_date <= %(known_last)s::date
        group by product_id
    ) as sold on sold.product_id = products.product_id
    where products.seller_id = %(seller_id)s and products.is_active
        and (stock.units_on_hand <= 3 or stock.units_on_hand * 28.0 < coalesce(sold.units, 0) * 14)
"""
# What fewer people search for may be somebody's name; it also says nothing yet.
SEARCHES = f"""
    select search_query, count(distinct session_id) as visit_count, sum(product_view_count)::bigint as product_view_count
    from marts.fct_seller_searches
    where seller_id = %(seller_id)s and searched_at >= %(since)s and searched_at < %(until)s
    group by search_query having count(distinct searcher_id) >= {FEWEST_CUSTOMERS}
"""

ROW_TABLES = (
    RowTable(
        "visits",
        "Visits",
        "One row per session in which one of your products was looked at, on the day of its first look. The sign stands for"
        " the session; who it was stays with the shop.",
        (
            Column("first_viewed_at", "First look", "instant"),
            Column("visit", "Visit", "text"),
            Column("product_view_count", "Looks", "count", adds_up=True),
            Column("cart_add_count", "To cart", "count", adds_up=True),
            Column("order_count", "Orders", "count", adds_up=True),
            Column("has_cart_add", "With cart", "count", adds_up=True),
            Column("has_order", "With order", "count", adds_up=True),
        ),
        f"""
        select first_viewed_at, {sign_of("session_id")} as visit, product_view_count, cart_add_count, order_count,
            (cart_add_count > 0)::integer as has_cart_add, (order_count > 0)::integer as has_order
        from marts.fct_seller_visits
        where seller_id = %(seller_id)s and first_viewed_at >= %(since)s and first_viewed_at < %(until)s
        """,
        ("first_viewed_at", "visit"),
        tab="products",
    ),
    RowTable(
        "products",
        "Products",
        "One row per product that was looked at, put into a cart or sold in the period.",
        (
            Column("title", "Product", "text"),
            Column("product_id", "Number", "text"),
            Column("view_count", "Views", "count", adds_up=True),
            Column("cart_add_count", "To cart", "count", adds_up=True),
            Column("units_sold", "Sold", "count", adds_up=True),
            Column("revenue_minor", "Revenue", "money", adds_up=True),
        ),
        PRODUCTS,
        ("revenue_minor", "product_id"),
        tab="products",
    ),
    RowTable(
        "favourites",
        "Favourites",
        "One row per product of yours that stands on a wishlist now, whatever the period.",
        (
            Column("title", "Product", "text"),
            Column("product_id", "Number", "text"),
            Column("favourite_count", "Wishlists", "count", adds_up=True),
        ),
        """
        select products.title, products.product_id, count(*) as favourite_count
        from shop.products inner join shop.wishlist_items on wishlist_items.product_id = products.product_id
        where products.seller_id = %(seller_id)s and wishlist_items.removed_at is null
        group by products.title, products.product_id
        """,
        ("favourite_count", "product_id"),
        tab="products",
    ),
    RowTable(
        "low_stock",
        "Runs out soon",
        "One row per listed product that is sold out, has at most 3 pieces left, or will be sold out within two weeks at the pace"
        " of the last 28 days with figures; stock is that of this moment.",
        (
            Column("title", "Product", "text"),
            Column("product_id", "Number", "text"),
            Column("units_on_hand", "In stock", "count", adds_up=True),
            Column("units_sold_28d", "Sold in 28 days", "count", adds_up=True),
            Column("units_short", "Short of two weeks", "count", adds_up=True),
        ),
        LOW_STOCK,
        ("units_short", "product_id"),
        tab="products",
        has_period=False,
        nothing="Everything lasts for at least two weeks at the present pace.",
    ),
    RowTable(
        "searches",
        "Searched for",
        "One row per wording that was searched for right before one of your products was looked at, by at least"
        f" {FEWEST_CUSTOMERS} people in these days; rarer ones may be somebody's name.",
        (
            Column("search_query", "Words", "text"),
            Column("visit_count", "Visits", "count"),
            Column("product_view_count", "Looks", "count", adds_up=True),
        ),
        SEARCHES,
        ("visit_count", "search_query"),
        tab="products",
    ),
)
