"""What is done to cases beside deciding them: given to a colleague, tagged, put off."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from storefront_api.fraud_reviews.schemas import MOST_AT_ONCE, CaseId, RefusedDecision

# Letters of any script, digits, spaces and hyphens.
TagName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=2, max_length=30, pattern=r"^\w[\w -]*$"),
    AfterValidator(str.lower),
]


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Assign(_Act):
    """Give the case to an analyst, whose own it is for an hour, as if they had claimed it."""

    action: Literal["assign"]
    analyst_id: str = Field(min_length=1, max_length=64)


class Tag(_Act):
    """Put a tag on the case; in small letters."""

    action: Literal["tag"]
    tag: TagName


class Untag(_Act):
    """Take a tag off the case."""

    action: Literal["untag"]
    tag: TagName


class Snooze(_Act):
    """Put the case off: it leaves the queue, comes back by itself, and belongs to nobody meanwhile."""

    action: Literal["snooze"]
    until: AwareDatetime = Field(description="at most seven days ahead")
    reason: str = Field(min_length=3, max_length=200)


Act = Annotated[Assign | Tag | Untag | Snooze, Field(discriminator="action")]


class BulkAct(_Act):
    """The same act on several cases."""

    fraud_case_ids: list[CaseId] = Field(min_length=1, max_length=MOST_AT_ONCE)
    act: Act


class BulkHandled(BaseModel):
    """What became of each case, in the order of their ids."""

    handled: list[str]
    refused: list[RefusedDecision]
