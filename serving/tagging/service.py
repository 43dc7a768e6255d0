"""The tagging service: categories and attributes for a listing in the seller's own words."""

import bentoml

from marketplace.contracts.tagging import AttributeSuggestion, CategorySuggestion, TagRequest, TagResponse
from marketplace.vocabulary import ModelName
from models.tagging import TaggingModel
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
        tags = model.tag([request.title], [request.description])[0]
        return TagResponse(
            model=ModelName.TAGGING,
            version=version,
            categories=[
                CategorySuggestion(category_id=category.category_id, path=category.path, probability=float(category.probability))
                for category in tags.categories
            ],
            attributes=[
                AttributeSuggestion(
                    attribute=found.attribute,
                    value=found.value,
                    probability=float(found.probability),
                    evidence=found.evidence,
                    start=found.start,
                    end=found.end,
                    is_inferred=found.is_inferred,
                )
                for found in tags.attributes
            ],
            has_abstained=tags.has_abstained,
        )
