"""What each figure of the platform means, and what it is added up from."""

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.figures import Parts

_DAYS = "marts.fct_platform_days"
_CLOCK = "Each line counts on its seller’s own day, so that sellers’ pages add up to this one."

DEFINITIONS = (
    FigureDefinition(
        "revenue", "Revenue", "money", "Sum of the order lines that are sales, by the day they were ordered: goods,"
        f" customisation, shipping and tax, less discounts. Refunds are not taken off. {_CLOCK}", _DAYS, "revenue",
    ),
    FigureDefinition(
        "orders", "Orders", "count", "Orders with at least one line that is a sale; one with several sellers counts once.",
        _DAYS, "revenue",
    ),
    FigureDefinition("order_value", "Average order", "money", "Revenue divided by orders.", _DAYS, "revenue"),
    FigureDefinition("units", "Units sold", "count", "Pieces in order lines that are sales.", _DAYS, "revenue"),
    FigureDefinition(
        "new_customers", "New customers", "count", "Customers whose first sale on the marketplace fell into the period.",
        _DAYS, "revenue",
    ),
    FigureDefinition(
        "commission", "Commission", "money", "What the marketplace keeps of the order lines that are sales.", _DAYS, "revenue"
    ),
    FigureDefinition(
        "refunds", "Refunded", "money", "Given back in the period for orders that are sales, whenever they were placed.",
        _DAYS, "revenue",
    ),
)  # fmt: skip
PARTS: Parts = {
    "revenue": ("revenue_minor", None),
    "orders": ("order_count", None),
    "order_value": ("revenue_minor", "order_count"),
    "units": ("units_sold", None),
    "new_customers": ("new_customer_count", None),
    "commission": ("commission_minor", None),
    "refunds": ("refund_minor", None),
}

STEPS = (
    ("session_count", "Visits", "Visits that began on these days (UTC)."),
    ("view_session_count", "Looked at a product", "Visits with a view of a product, or that came further."),
    ("cart_session_count", "Filled a cart", "Visits that put something into the cart, or came further: a cart may be older."),
    ("checkout_session_count", "Began the checkout", "Visits that began the checkout, or ordered."),
    ("order_session_count", "Ordered", "Visits in which an order was placed, whatever became of it."),
)
