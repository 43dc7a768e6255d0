"""The tagging service: categories and attributes of a listing, each with its evidence."""

import base64

from pydantic import Field, field_validator

from marketplace.contracts.answer import Answer, Contract
from marketplace.vocabulary import TagEvidence, TagLevel

# Base64 of 1.1 MB: far more than colours need; the shop may shrink a larger picture before it asks.
MAX_PICTURE_CHARACTERS = 1_500_000
MAX_LISTINGS = 500


class TagRequest(Contract):
    """A listing as the seller has written it so far.

    Attributes:
        picture: a PNG or JPEG as base64; one that cannot be read says nothing and is no error.
        language: of the words, as a BCP 47 tag (`en`, `bn`); the words are read the same way without it.
        category_id: the category that the seller has chosen already; attributes then follow its schema.
    """

    title: str = Field(min_length=1, max_length=500)
    description: str = Field(default="", max_length=20_000)
    picture: str | None = Field(default=None, max_length=MAX_PICTURE_CHARACTERS)
    language: str | None = Field(default=None, max_length=35)
    category_id: str | None = Field(default=None, max_length=200)

    @field_validator("picture")
    @classmethod
    def _is_base64(cls, picture: str | None) -> str | None:
        if picture is not None:
            base64.b64decode(picture, validate=True)  # its error is a ValueError, as pydantic wants it
        return picture

    @property
    def picture_bytes(self) -> bytes | None:
        """The file that `picture` holds."""
        return None if self.picture is None else base64.b64decode(self.picture)


class CategorySuggestion(Contract):
    """A category with its calibrated probability, best first."""

    category_id: str
    path: str
    probability: float = Field(ge=0, le=1)
    is_leaf: bool = True


class AttributeSuggestion(Contract):
    """One value of one attribute; an attribute that has several values comes once for each, likeliest first.

    Attributes:
        value: canonical, as this catalogue writes it.
        group: the value's family, the same in every catalogue: `navy` and `sky blue` are `blue`.
        source: what proves it; `is_inferred` is true where that is the model's word alone.
        evidence: the words as they are written in the title or description.
        start: where they begin, in characters of the title or description that `source` names; `end` is exclusive.
    """

    attribute: str
    value: str
    probability: float = Field(ge=0, le=1)
    evidence: str | None = None
    start: int | None = None
    end: int | None = None
    is_inferred: bool = False
    source: TagEvidence = TagEvidence.INFERRED
    group: str | None = None


class AllowedAttribute(Contract):
    """An attribute that the category's listings have, with the values that this catalogue knows."""

    attribute: str
    values: list[str]
    is_multiple: bool = False


class Tags(Contract):
    """What is suggested for one listing.

    `has_abstained` is true when no category is likely enough to be offered as the answer; the categories are hints then.
    Otherwise the first category is the answer, and `level` says whether it is a leaf or, when unsure, a broader one above it.
    """

    categories: list[CategorySuggestion]
    attributes: list[AttributeSuggestion]
    has_abstained: bool
    level: TagLevel | None = None
    allowed_attributes: list[AllowedAttribute] = Field(default_factory=list)


class TagResponse(Answer, Tags):
    """The suggestions for one listing."""


class TagManyRequest(Contract):
    """Listings of a whole catalogue, a part at a time."""

    listings: list[TagRequest] = Field(min_length=1, max_length=MAX_LISTINGS)


class TagManyResponse(Answer):
    """One answer per listing, in their order."""

    listings: list[Tags]
