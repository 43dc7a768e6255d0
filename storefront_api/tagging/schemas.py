"""What a seller asks the tagging service, what it suggests, and what the seller makes of it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from marketplace.contracts.tagging import TagRequest
from marketplace.vocabulary import MOST_VALUES, TagEvidence, TagLevel, TagStatus

# Of an attribute, as a listing says it; a category's id may be longer.
LONGEST_VALUE = 60

Answered = Literal[TagStatus.ACCEPTED, TagStatus.CHANGED, TagStatus.REFUSED]


class NewTagSuggestions(TagRequest):
    """A listing as it stands in the form; `product_id` when it is a listing already, `draft_id` while it is none yet.

    A draft's suggestions become the product's when the listing is created under the same `draft_id`.
    """

    product_id: str | None = Field(default=None, max_length=64)
    draft_id: str | None = Field(default=None, pattern=r"^draft_[A-Za-z0-9]{8,58}$")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "NewTagSuggestions":
        if self.product_id is not None and self.draft_id is not None:
            raise ValueError("a listing is a draft or a product, not both")
        return self

    @property
    def listing_id(self) -> str | None:
        """Under which the suggestions are kept."""
        return self.product_id or self.draft_id


class Alternative(BaseModel):
    """Another value that the model thinks possible."""

    value: str
    label: str
    probability: float


class TagSuggestion(BaseModel):
    """One suggested value of one attribute (`category` among them), with what shows it and what else it may be.

    A listing is asked once about each of several colours, materials or occasions that its words or picture show.
    `source` says where the evidence lies, `evidence_start` and `evidence_end` where in the title or description. `is_sure`
    is false for what should be looked at first.
    """

    tag_suggestion_id: str
    attribute: str
    value: str
    label: str
    probability: float
    source: TagEvidence
    evidence: str | None
    evidence_start: int | None = None
    evidence_end: int | None = None
    is_inferred: bool
    is_sure: bool
    alternatives: list[Alternative]
    status: TagStatus = TagStatus.SUGGESTED
    final_value: str | None = None


class KnownValues(BaseModel):
    """An attribute that the category's listings have, with the values that the catalogue knows."""

    attribute: str
    values: list[str]


class TagSuggestions(BaseModel):
    """Category first; empty with `fallback` true while the tagging service does not answer."""

    suggestions: list[TagSuggestion]
    has_abstained: bool
    fallback: bool
    level: TagLevel | None = None
    known_values: list[KnownValues] = Field(default_factory=list)
    model: str | None
    version: str | None


class TagAnswer(BaseModel):
    """`accepted` keeps the value, `changed` replaces it by `final_value`, `refused` leaves the attribute as it was.

    A listing may say several colours, materials and occasions: a value that is taken stands beside those that it says already,
    and in the place of those that `replaces` names. Of the category, season and gender it says one, which is replaced.
    """

    model_config = ConfigDict(extra="forbid")

    status: Answered
    final_value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    replaces: list[str] = Field(default_factory=list, max_length=MOST_VALUES)

    @model_validator(mode="after")
    def _changed_says_to_what(self) -> "TagAnswer":
        if (self.status is TagStatus.CHANGED) != (self.final_value is not None):
            raise ValueError("final_value comes with changed, and only with it")
        if self.replaces and self.status is TagStatus.REFUSED:
            raise ValueError("what is refused replaces nothing")
        return self


class AnsweredTag(BaseModel):
    """The suggestion with the seller's answer, a label of the next training set."""

    tag_suggestion_id: str
    product_id: str | None
    attribute: str
    suggested_value: str
    status: TagStatus
    final_value: str | None
    answered_at: datetime


class WaitingTag(TagSuggestion):
    """A suggestion that waits for its seller, with the listing that it is about and what that says now.

    `has_hidden_photo` where only the seller may see the listing's photograph, as it is not on sale. `present_values` are all
    that the listing says of the attribute, the main one first.
    """

    product_id: str
    product_title: str
    product_description: str
    picture_url: str
    has_hidden_photo: bool
    present_values: list[str]
    present_value: str | None
    present_label: str | None
    version: str
    suggested_at: datetime


class WaitingTags(BaseModel):
    """One page of what waits, and how much waits in all."""

    items: list[WaitingTag]
    next_cursor: str | None
    uncertain_count: int
    sure_count: int


class TaggingJob(BaseModel):
    """A whole catalogue on its way through the tagging model.

    `waiting` means that the service does not answer, or failed; it is tried again by itself.
    """

    tagging_job_id: str
    status: Literal["running", "waiting", "done"]
    product_count: int
    done_count: int
    suggestion_count: int
    version: str | None
    started_at: datetime
    finished_at: datetime | None


class Acceptance(BaseModel):
    """How sellers answered; `rate` is the share accepted as suggested, null while too few answered, with its 95 % interval."""

    name: str
    label: str
    answered_count: int
    accepted_count: int
    changed_count: int
    refused_count: int
    rate: float | None
    low: float | None
    high: float | None


class AcceptanceReport(BaseModel):
    """Acceptance in all, by category, attribute and model version; of one seller's answers, or of everybody's."""

    seller_id: str | None
    fewest: int
    total: Acceptance
    categories: list[Acceptance]
    attributes: list[Acceptance]
    versions: list[Acceptance]
