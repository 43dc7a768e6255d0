"""The tagging family."""

from marketplace.vocabulary import ModelName
from pipelines.defs.model_family import model_family

ASSETS = model_family(
    ModelName.TAGGING, deps=[["marts", "dim_products"], ["marts", "dim_categories"], ["marts", "fct_tag_answers"]]
)
