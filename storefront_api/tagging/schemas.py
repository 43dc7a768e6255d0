"""What a seller asks the tagging service, what it suggests, and what the seller makes of it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from marketplace.contracts.tagging import TagRequest
from marketplace.vocabulary import TagStatus


class NewTagSuggestions(TagRequest):
    """A listing as it stands in the form; `product_id` when it is on sale already."""

    product_id: str | None = Field(default=None, max_length=64)


class TagSuggestion(BaseModel):
    """One suggested value of one attribute (`category` among them), with the words of the listing that show it."""

    tag_suggestion_id: str
    attribute: str
    value: str
    label: str
    probability: float
    evidence: str | None
    is_inferred: bool


class TagSuggestions(BaseModel):
    """Best first; empty with `fallback` true while the tagging service does not answer."""

    suggestions: list[TagSuggestion]
    has_abstained: bool
    fallback: bool
    model: str | None
    version: str | None


class TagAnswer(BaseModel):
    """`accepted` keeps the value, `changed` replaces it by `final_value`, `refused` leaves the attribute as it was."""

    model_config = ConfigDict(extra="forbid")

    status: Literal[TagStatus.ACCEPTED, TagStatus.CHANGED, TagStatus.REFUSED]
    final_value: str | None = Field(default=None, min_length=1, max_length=200)

    @model_validator(mode="after")
    def _changed_says_to_what(self) -> "TagAnswer":
        if (self.status is TagStatus.CHANGED) != (self.final_value is not None):
            raise ValueError("final_value comes with changed, and only with it")
        return self


class AnsweredTag(BaseModel):
    """The suggestion with the seller's answer, a label of the next training set."""

    tag_suggestion_id: str
    attribute: str
    suggested_value: str
    status: TagStatus
    final_value: str | None
    answered_at: datetime
