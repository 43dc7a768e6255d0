"""One real call per model: the registry logs it as input example, a service makes it before it trusts a new version."""

from collections.abc import Callable
from typing import Any

from marketplace.errors import InvalidInputError
from marketplace.vocabulary import ModelName

Example = tuple[dict[str, Any], dict[str, Any]]


def example_call(name: str, model: Any) -> Example:
    """What the model was asked and what it answered, as plain values.

    Nobody in particular asks: an unknown customer, a payment without history, a listing in plain words. Every model has
    to answer these, so a version that fails here would fail its first visitor.
    """
    try:
        ask = _CALLS[name]
    except KeyError:
        raise InvalidInputError(f"no model is called {name!r}; there are {', '.join(_CALLS)}") from None
    return ask(model)


def _recommendation(model: Any) -> Example:
    items = model.recommend(customer_id=None, recent_product_ids=[], k=5, exclude=frozenset())
    given = {"customer_id": "", "recent_product_ids": [""], "k": 5}
    return given, {"product_id": [item.product_id for item in items], "score": [float(item.score) for item in items]}


def _fraud(model: Any) -> Example:
    import pandas as pd

    from models.fraud.features import FEATURES

    frame = pd.DataFrame([dict.fromkeys(FEATURES)], columns=list(FEATURES)).astype(float)
    scored = model.score(frame).iloc[0]
    given: dict[str, Any] = dict.fromkeys(FEATURES, 0.0)
    return given, {"probability": float(scored["probability"]), "anomaly_score": float(scored["anomaly_score"])}


def _tagging(model: Any) -> Example:
    given = {"title": "Hand-painted blue ceramic mug", "description": "A gift for a birthday, 300 ml."}
    tags = model.tag([given["title"]], [given["description"]])[0]
    return given, {"category_id": [suggestion.category_id for suggestion in tags.categories]}


def _seller_analytics(model: Any) -> Example:
    given = {"seller_id": "nobody", "horizon_days": 7}
    return given, {"status": str(model.forecast("nobody", 7).status)}


def _review_sentiment(model: Any) -> Example:
    given = {"text": "Beautiful work, but it came late."}
    return given, {"probability": model.probabilities([given["text"]])[0].tolist()}


def _outlook(model: Any) -> Example:
    import pandas as pd

    from models.outlook import TrainingSet, customer_frame

    days = {"sale_date": ["2024-03-01"], "amount_minor": [1000.0], "currency": ["BDT"]}
    once = TrainingSet(
        pd.DataFrame({"customer_id": ["nobody"], **days}),
        pd.DataFrame({"seller_id": ["nobody"], **days}),
        pd.Timestamp("2024-03-08", tz="UTC"),
    )
    said = customer_frame(model, once)[["expected_minor", "churn_probability"]]
    # NaN where a small shop taught nothing of spending or of leaving.
    expected, leaves = said.to_numpy(dtype=float, na_value=float("nan"))[0].tolist()
    return {"sale_date": "2024-03-01", "amount_minor": 1000.0, "until": "2024-03-08"}, {
        "expected_minor": expected,
        "churn_probability": leaves,
    }


_CALLS: dict[str, Callable[[Any], Example]] = {
    ModelName.RECOMMENDATION: _recommendation,
    ModelName.FRAUD: _fraud,
    ModelName.TAGGING: _tagging,
    ModelName.SELLER_ANALYTICS: _seller_analytics,
    ModelName.OUTLOOK: _outlook,
    ModelName.REVIEW_SENTIMENT: _review_sentiment,
}
