"""The tagging service: categories and attributes for a listing in the seller's own words."""

from collections.abc import Mapping, Sequence

import bentoml

from marketplace.contracts.tagging import (
    AllowedAttribute,
    AttributeSuggestion,
    CategorySuggestion,
    TagManyRequest,
    TagManyResponse,
    TagRequest,
    TagResponse,
    Tags,
)
from marketplace.vocabulary import SEVERAL_VALUED, ModelName, TagLevel
from models.tagging import TaggingModel
from models.tagging import Tags as Suggested
from serving.model_service import ModelService, endpoint, options


@bentoml.service(**options(ModelName.TAGGING))
class TaggingService(ModelService[TaggingModel]):
    """Reads nothing but the listing: no stored feature, so nothing to be degraded by."""

    def __init__(self) -> None:
        super().__init__(ModelName.TAGGING, TaggingModel.load)

    @endpoint
    def tag(self, request: TagRequest, /) -> TagResponse:
        """Suggestions, best first, each with its probability and its evidence."""
        version, model = self.champion.current
        (tags,) = _tagged(model, [request])
        return TagResponse(model=ModelName.TAGGING, version=version, **dict(tags))

    @endpoint
    def tag_many(self, request: TagManyRequest, /) -> TagManyResponse:
        """The same for many listings at once, which costs each of them less."""
        version, model = self.champion.current
        return TagManyResponse(model=ModelName.TAGGING, version=version, listings=_tagged(model, request.listings))


def _tagged(model: TaggingModel, listings: Sequence[TagRequest]) -> list[Tags]:
    suggested = model.tag(
        [listing.title for listing in listings],
        [listing.description for listing in listings],
        pictures=[listing.picture_bytes for listing in listings],
        category_ids=[listing.category_id for listing in listings],
    )
    values = {tagger.name: sorted(tagger.lexicon.words) for tagger in model.taggers}
    return [_answer(model, tags, values) for tags in suggested]


def _answer(model: TaggingModel, tags: Suggested, values: Mapping[str, list[str]]) -> Tags:
    leaves = model.leaves
    categories = [
        CategorySuggestion(
            category_id=category.category_id,
            path=category.path,
            probability=category.probability,
            is_leaf=category.category_id in leaves,
        )
        for category in tags.categories
    ]
    return Tags(
        categories=categories,
        attributes=[
            AttributeSuggestion(
                attribute=found.attribute,
                value=found.value,
                probability=found.probability,
                evidence=found.evidence,
                start=found.start,
                end=found.end,
                is_inferred=found.is_inferred,
                source=found.source,
                group=found.group,
            )
            for found in tags.attributes
        ],
        has_abstained=tags.has_abstained,
        level=None if tags.has_abstained else TagLevel.LEAF if categories[0].is_leaf else TagLevel.PARENT,
        allowed_attributes=[
            AllowedAttribute(attribute=name, values=values[name], is_multiple=name in SEVERAL_VALUED)
            for name in tags.allowed_attributes
        ],
    )
