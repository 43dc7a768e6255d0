"""The tagging service: categories and attributes for a listing in the seller's own words."""

from collections.abc import Sequence

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
from marketplace.vocabulary import ModelName, TagEvidence, TagLevel
from models.tagging import Attribute, TaggingModel
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
    suggested = model.tag([listing.title for listing in listings], [listing.description for listing in listings])
    return [_answer(model, listing, tags) for listing, tags in zip(listings, suggested, strict=True)]


def _answer(model: TaggingModel, listing: TagRequest, tags: Suggested) -> Tags:
    categories = [
        CategorySuggestion(
            category_id=category.category_id,
            path=category.path,
            probability=category.probability,
            is_leaf=category.category_id in model.categories.classes,
        )
        for category in tags.categories
    ]
    return Tags(
        categories=categories,
        attributes=[_attribute(found, len(listing.title)) for found in tags.attributes],
        has_abstained=tags.has_abstained,
        level=None if tags.has_abstained else TagLevel.LEAF if categories[0].is_leaf else TagLevel.PARENT,
        allowed_attributes=[
            AllowedAttribute(attribute=tagger.name, values=sorted(tagger.lexicon.words)) for tagger in model.taggers
        ],
    )


def _attribute(found: Attribute, title_length: int) -> AttributeSuggestion:
    source, offset = TagEvidence.INFERRED, 0
    if found.start is not None:
        is_in_title = found.start < title_length
        source = TagEvidence.TITLE if is_in_title else TagEvidence.DESCRIPTION
        offset = 0 if is_in_title else title_length + 1
    return AttributeSuggestion(
        attribute=found.attribute,
        value=found.value,
        probability=found.probability,
        evidence=found.evidence,
        start=None if found.start is None else found.start - offset,
        end=None if found.end is None else found.end - offset,
        is_inferred=found.is_inferred,
        source=source,
    )
