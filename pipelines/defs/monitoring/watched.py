"""What is watched of each model: where its rows lie, which columns it reads, and which of them follow from others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from marketplace.review_words import HAS_WORDS, TEXT
from marketplace.vocabulary import ModelName, Stream
from models.monitoring import Feature, Kind

# Stored features are missing for everybody who has no history; after so long most have one, or never will.
_SETTLED = timedelta(days=90)
_EVER_GROWING = {"order_count_total", "order_value_max_minor", "fraud_label_count_total", "device_fraud_label_count_total"}
# The word in a velocity feature's name, and the column it is counted by.
_COUNTED_BY = {"customer": "customer_id", "device": "device_id", "card": "card_token", "address": "shipping_address_hash"}


@dataclass(frozen=True)
class Watched:
    """Rows of one table in which a model's inputs are watched.

    Attributes:
        table: schema and table; watched only where it exists.
        at: the column with the instant of a row.
        columns: SQL of each watched column that is not simply a column of the table.
        score: what the champion says of these rows, as a column of that name.
        stream: which of the model's streams this is; live ones are compared with the windows just before.
        rows: a query from `{since}` until before `{until}`, where the rows are not simply the table's; it has `at`, the columns
            and `model_version`.
        only: an SQL condition on the rows that the model reads, where those are not all of the table's.
        count: what is counted of the table to know how many rows that gives.
        by_version: columns compared among rows of the version that serves alone.
        told_by_version: the column whose mean is told for each version beside a drift.
    """

    model: ModelName
    table: str
    at: str
    features: tuple[Feature, ...]
    columns: dict[str, str]
    score: tuple[Feature, Callable[[Any, Any], Any]] | None = None
    stream: Stream = Stream.INPUTS
    rows: str | None = None
    only: str = "true"
    count: str = "*"
    by_version: tuple[Feature, ...] = ()
    told_by_version: str | None = None


def counted_by(name: str) -> tuple[str, ...]:
    """The identifiers that a velocity feature is counted by."""
    return tuple(column for word, column in _COUNTED_BY.items() if word in name.split("_"))


def _fraud_features() -> tuple[Feature, ...]:
    from models.fraud.features import CUSTOMER_FEATURES, DEVICE_FEATURES, VELOCITY_FEATURES

    amount_and = ("amount_minor", "order_value_mean_minor", "order_value_max_minor")
    return (
        Feature("amount_minor"),
        Feature("item_count"),
        Feature("method", Kind.CATEGORY),
        Feature("ip_country_code", Kind.CATEGORY),
        Feature("shipping_country_code", Kind.CATEGORY),
        Feature("billing_country_code", Kind.CATEGORY),
        Feature("device_id", Kind.IDENTIFIER),
        Feature("card_token", Kind.IDENTIFIER),
        *(Feature(name, derived_from=counted_by(name)) for name in VELOCITY_FEATURES),
        Feature("customer_travel_kmh", derived_from=("ip_country_code",), history=_SETTLED),
        *(Feature(name, history=_SETTLED, grows=name in _EVER_GROWING) for name in CUSTOMER_FEATURES),
        *(Feature(name, derived_from=("device_id",), history=_SETTLED, grows=name in _EVER_GROWING) for name in DEVICE_FEATURES),
        Feature("amount_ratio_to_mean", derived_from=amount_and, history=_SETTLED),
        Feature("amount_ratio_to_max", derived_from=amount_and, history=_SETTLED),
        Feature("account_age_hours", grows=True),
        Feature("ip_shipping_km", derived_from=("ip_country_code",)),
        Feature("billing_shipping_km", derived_from=("billing_country_code",)),
        Feature("is_ip_country_foreign", derived_from=("ip_country_code",)),
        Feature("is_billing_country_other", derived_from=("billing_country_code",)),
        Feature("hour_of_day"),
        Feature("rule_points", derived_from=("ip_country_code", "billing_country_code", "device_id", "card_token")),
    )


def _probability(model: Any, rows: Any) -> Any:
    return model.score(rows)["probability"]


def _word_count(text: str) -> str:
    return f"array_length(regexp_split_to_array(nullif(trim({text}), ''), '\\s+'), 1)"


def watched_models() -> tuple[Watched, ...]:
    """All that is watched; imports what the fraud model reads, so it is called late."""
    fraud = Watched(
        ModelName.FRAUD,
        "training.fraud",
        "attempted_at",
        _fraud_features(),
        columns={},
        score=(Feature("probability", is_score=True, history=_SETTLED), _probability),
    )
    recommendation = Watched(
        ModelName.RECOMMENDATION,
        "marts.fct_events",
        "occurred_at",
        (
            Feature("event_type", Kind.CATEGORY),
            Feature("category_id", Kind.CATEGORY),
            Feature("product_id", Kind.IDENTIFIER),
            Feature("customer_id", Kind.IDENTIFIER),
        ),
        columns={},
    )
    tagging = Watched(
        ModelName.TAGGING,
        "marts.dim_products",
        "listed_at",
        (
            Feature("category_path", Kind.CATEGORY),
            Feature("language", Kind.CATEGORY),
            Feature("title_word_count"),
            Feature("description_word_count"),
            Feature("price_minor"),
        ),
        columns={
            "title_word_count": _word_count("title"),
            "description_word_count": _word_count("description"),
        },
    )
    seller_analytics = Watched(
        ModelName.SELLER_ANALYTICS,
        "marts.fct_seller_days",
        "sale_date",
        (
            *(Feature(name) for name in ("order_count", "units_sold", "revenue_minor", "refund_minor", "customer_count")),
            *(Feature(name) for name in ("visit_count", "product_view_count", "cart_add_count")),
            Feature("currency", Kind.CATEGORY),
        ),
        columns={},
    )
    # Of orders as their approval left them: what became of the newest is not known yet, and would differ every week.
    outlook = Watched(
        ModelName.OUTLOOK,
        "intermediate.int_orders_dated_by_approval",
        "sold_at",
        (Feature("total_minor"), Feature("customer_id", Kind.IDENTIFIER)),
        columns={},
    )
    review_sentiment = Watched(
        ModelName.REVIEW_SENTIMENT,
        "marts.fct_reviews",
        "reviewed_at",
        (Feature("rating"), Feature("word_count")),
        columns={"word_count": _word_count(TEXT)},
        only=HAS_WORDS,
    )
    return (fraud, recommendation, tagging, seller_analytics, outlook, review_sentiment)
