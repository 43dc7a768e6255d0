"""The tagging service: categories and attributes of a listing, each with its evidence."""

from pydantic import Field

from marketplace.contracts.answer import Answer, Contract


class TagRequest(Contract):
    """A listing as the seller has written it so far."""

    title: str = Field(min_length=1, max_length=500)
    description: str = Field(default="", max_length=20_000)


class CategorySuggestion(Contract):
    """A category with its calibrated probability, best first."""

    category_id: str
    path: str
    probability: float = Field(ge=0, le=1)


class AttributeSuggestion(Contract):
    """A value with the words that prove it, or marked inferred where only the model says so."""

    attribute: str
    value: str
    probability: float = Field(ge=0, le=1)
    evidence: str | None = None
    start: int | None = None
    end: int | None = None
    is_inferred: bool = False


class TagResponse(Answer):
    """`has_abstained` is true when no category is likely enough to be offered as the answer."""

    categories: list[CategorySuggestion]
    attributes: list[AttributeSuggestion]
    has_abstained: bool
