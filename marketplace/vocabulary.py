"""The enums that SQL, Feast, pandas and the API share; the database checks the same words."""

from enum import StrEnum


class Role(StrEnum):
    """What a signed-in person may do."""

    CUSTOMER = "customer"
    SELLER = "seller"
    ANALYST = "analyst"
    ADMIN = "admin"


class EventType(StrEnum):
    """One step of a shopper, as captured by `POST /v1/events`."""

    PAGE_VIEW = "page_view"
    PRODUCT_VIEW = "product_view"
    SEARCH = "search"
    CART_ADD = "cart_add"
    CART_REMOVE = "cart_remove"
    CHECKOUT_START = "checkout_start"
    PURCHASE = "purchase"
    WISHLIST_ADD = "wishlist_add"
    RECOMMENDATION_CLICK = "recommendation_click"
    REVIEW = "review"
    MESSAGE = "message"
    LOCATION = "location"


class OrderStatus(StrEnum):
    """The life of an order; `LEGAL_ORDER_MOVES` says which step may follow which."""

    CREATED = "created"
    HELD_FOR_REVIEW = "held_for_review"
    APPROVED = "approved"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    UNAVAILABLE = "unavailable"
    REFUNDED = "refunded"


LEGAL_ORDER_MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.CREATED: frozenset(
        {OrderStatus.APPROVED, OrderStatus.HELD_FOR_REVIEW, OrderStatus.DECLINED, OrderStatus.CANCELLED}
    ),
    OrderStatus.HELD_FOR_REVIEW: frozenset({OrderStatus.APPROVED, OrderStatus.DECLINED, OrderStatus.CANCELLED}),
    OrderStatus.APPROVED: frozenset(
        {OrderStatus.PROCESSING, OrderStatus.SHIPPED, OrderStatus.CANCELLED, OrderStatus.UNAVAILABLE, OrderStatus.REFUNDED}
    ),
    OrderStatus.PROCESSING: frozenset(
        {OrderStatus.SHIPPED, OrderStatus.CANCELLED, OrderStatus.UNAVAILABLE, OrderStatus.REFUNDED}
    ),
    OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED, OrderStatus.REFUNDED}),
    OrderStatus.DELIVERED: frozenset({OrderStatus.REFUNDED}),
    OrderStatus.CANCELLED: frozenset({OrderStatus.REFUNDED}),
    OrderStatus.DECLINED: frozenset(),
    OrderStatus.UNAVAILABLE: frozenset({OrderStatus.REFUNDED}),
    OrderStatus.REFUNDED: frozenset(),
}

# Orders in these states were let through and can still be stopped before a parcel leaves.
AWAITING_SHIPMENT = (OrderStatus.APPROVED, OrderStatus.PROCESSING)

# Orders in these states count as sales in marts and features.
SALE_STATUSES = (
    OrderStatus.APPROVED,
    OrderStatus.PROCESSING,
    OrderStatus.SHIPPED,
    OrderStatus.DELIVERED,
    OrderStatus.REFUNDED,
)


class AttemptOutcome(StrEnum):
    """What became of one attempt to pay."""

    PENDING = "pending"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    HELD = "held"


class FraudDecision(StrEnum):
    """What checkout does with an order, from mildest to hardest."""

    APPROVE = "approve"
    REVIEW = "review"
    BLOCK_AND_REVIEW = "block_and_review"
    DECLINE = "decline"


class EntityKind(StrEnum):
    """What of an attempt people may block, trust or spare a rule: whom it shares that with counts too."""

    CUSTOMER = "customer"
    DEVICE = "device"
    CARD = "card"
    ADDRESS = "address"
    IP_ADDRESS = "ip_address"


class FraudOutcome(StrEnum):
    """What a label says happened."""

    FRAUD = "fraud"
    LEGITIMATE = "legitimate"
    UNSURE = "unsure"


class LabelSource(StrEnum):
    """Where a fraud label came from; each arrives with its own delay."""

    CHARGEBACK = "chargeback"
    ANALYST = "analyst"
    DISPUTE = "dispute"


class TransactionKind(StrEnum):
    """Movements of money on an order."""

    CHARGE = "charge"
    REFUND = "refund"
    CHARGEBACK = "chargeback"


class ExperimentKind(StrEnum):
    """How two versions are compared on people: each sees one of them, or everybody a list made of both."""

    AB = "ab"
    INTERLEAVING = "interleaving"


class Shelf(StrEnum):
    """Named places on a page that hold recommendations."""

    FOR_YOU = "for_you"
    BECAUSE_YOU_VIEWED = "because_you_viewed"
    SIMILAR = "similar"
    BOUGHT_TOGETHER = "bought_together"
    TRENDING = "trending"
    BUY_AGAIN = "buy_again"
    NEW_FROM_SELLERS = "new_from_sellers"


class TagStatus(StrEnum):
    """What became of a suggested tag.

    `settled` needed no answer: the listing said so already, or the seller had answered before. `superseded` had no answer yet
    when the model said otherwise.
    """

    SUGGESTED = "suggested"
    ACCEPTED = "accepted"
    CHANGED = "changed"
    REFUSED = "refused"
    SETTLED = "settled"
    SUPERSEDED = "superseded"


# A thing is red and white, of wood and brass, for a wedding and a party; but of one category, for one season and one gender.
SEVERAL_VALUED = ("colour", "material", "occasion")
# Those of one value that stand among a product's `attributes`, as they have no column.
JSON_ATTRIBUTES = ("season", "gender")
# The key of `attributes` under which values of `SEVERAL_VALUED` beside the main one stand.
FURTHER = "further_values"
# Of one attribute: more than any listing needs; a limit keeps one product from being in every facet.
MOST_VALUES = 10


class TagEvidence(StrEnum):
    """What proves a suggested value."""

    TITLE = "title"
    DESCRIPTION = "description"
    PICTURE = "picture"
    INFERRED = "inferred"


class TagLevel(StrEnum):
    """How narrow the category is that was answered with."""

    LEAF = "leaf"
    PARENT = "parent"


class ModelName(StrEnum):
    """Registered models; also experiment and asset names, and of `SERVED_MODELS` service names."""

    RECOMMENDATION = "recommendation"
    FRAUD = "fraud"
    TAGGING = "tagging"
    SELLER_ANALYTICS = "seller_analytics"
    OUTLOOK = "outlook"
    REVIEW_SENTIMENT = "review_sentiment"


# Models behind a service of their own; what the others say is computed once a day and read from `predictions`.
SERVED_MODELS = (ModelName.RECOMMENDATION, ModelName.FRAUD, ModelName.TAGGING, ModelName.SELLER_ANALYTICS)


# What each model is told by the feature store: services that `feature_repo/services.py` defines.
FEATURE_SERVICES = {
    ModelName.RECOMMENDATION: "recommendation_v1",
    ModelName.FRAUD: "fraud_v2",
    ModelName.SELLER_ANALYTICS: "seller_analytics_v1",
}


class Stream(StrEnum):
    """What is watched of a model: what it reads, what it decided live, what was shown of it, and how well it does.

    How well it does is estimated from its own probabilities at once, and realised by labels weeks later.
    """

    INPUTS = "inputs"
    DECISIONS = "decisions"
    IMPRESSIONS = "impressions"
    ESTIMATES = "estimates"
    REALISED = "realised"


class Source(StrEnum):
    """Where the orders of a marketplace came from."""

    SIMULATION = "simulation"
    OLIST = "olist"
    ONLINE_RETAIL = "online-retail"
    CSV = "csv"
    STOREFRONT = "storefront"
