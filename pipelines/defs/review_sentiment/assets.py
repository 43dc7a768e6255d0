"""The model that reads reviews, and what it reads in them for each seller."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from marketplace.review_words import HAS_WORDS, TEXT
from marketplace.vocabulary import ModelName
from pipelines.defs.model_family import model_family
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource

if TYPE_CHECKING:
    import pandas as pd

GROUP = ModelName.REVIEW_SENTIMENT.value
# Themes are what customers say these days.
_THEME_DAYS = 365
_DEPS = [["champions", GROUP], ["marts", "fct_reviews"]]


@dg.asset(key=["predictions", "review_tones"], group_name=GROUP, deps=_DEPS)
def review_tones(warehouse: WarehouseResource, registry: ModelRegistryResource) -> dg.MaterializeResult:
    """How the words of every review read, whatever its stars."""
    from models import review_sentiment

    model, version = registry.champion(ModelName.REVIEW_SENTIMENT)
    return _written(warehouse, "review_tones", review_sentiment.tone_frame(model, _reviews(warehouse)), version.version)


@dg.asset(key=["predictions", "review_themes"], group_name=GROUP, deps=_DEPS)
def review_themes(warehouse: WarehouseResource, registry: ModelRegistryResource) -> dg.MaterializeResult:
    """What several customers of a seller praised or complained of within the last year."""
    from models import review_sentiment

    model, version = registry.champion(ModelName.REVIEW_SENTIMENT)
    recent = _reviews(
        warehouse, f"reviewed_at >= timestamptz '{warehouse.data_until().isoformat()}' - interval '{_THEME_DAYS} days'"
    )
    return _written(warehouse, "review_themes", review_sentiment.theme_frame(model, recent), version.version)


def _reviews(warehouse: WarehouseResource, condition: str = "true") -> "pd.DataFrame":
    """Reviews that moderation did not hide and that say something."""
    found: pd.DataFrame = warehouse.open().read(
        f"select review_id, seller_id, customer_id, rating, {TEXT} as text, reviewed_at"
        f" from marts.fct_reviews where {HAS_WORDS} and {condition}"
    )
    return found


def _written(warehouse: WarehouseResource, table: str, frame: Any, version: str) -> dg.MaterializeResult:
    frame = frame.assign(model_version=version, computed_at=warehouse.data_until())
    return dg.MaterializeResult(metadata={"rows": warehouse.open().write(frame, "predictions", table, replace_where="true")})


ASSETS = [*model_family(ModelName.REVIEW_SENTIMENT, deps=[["marts", "fct_reviews"]]), review_tones, review_themes]
