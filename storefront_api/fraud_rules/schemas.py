"""What the endpoints on rules, lists and snoozes take in and give out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from marketplace.fraud_rules.back_test import BackTest
from marketplace.vocabulary import EntityKind, FraudDecision

Reason = Annotated[str, Field(min_length=3, max_length=200)]
RuleName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{1,59}$")]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Fact(BaseModel):
    """A fact that rules may ask about; `is_live` if it is known even while the fraud service is away."""

    name: str
    title: str
    type: Literal["number", "text"]
    unit: str
    is_live: bool


class NewRuleSet(_Sent):
    """A rule set, as `GET /v1/fraud/rules/1` shows one, and what is new about it."""

    document: dict[str, Any]
    note: Reason


class Document(_Sent):
    """A rule set that is only looked at."""

    document: dict[str, Any]


class RuleMistake(BaseModel):
    """What is wrong where: `pointer` is a JSON pointer into the document."""

    rule: str | None
    pointer: str
    detail: str


class Checked(BaseModel):
    """Whether a rule set can be used; `facts` and `lists` are those that it asks for."""

    is_valid: bool
    mistakes: list[RuleMistake]
    rule_count: int
    facts: list[str]
    lists: list[str]


class RuleSetSummary(BaseModel):
    """A version; `is_at_work` if it decides now, `is_back_tested` if it was tried on history."""

    version: int
    note: str
    created_by: str | None
    created_by_name: str | None
    created_at: datetime | None
    rule_count: int
    is_at_work: bool
    is_back_tested: bool
    published_at: datetime | None


class RuleSetVersion(RuleSetSummary):
    """A version with its document."""

    document: dict[str, Any]


class BackTestRequest(_Sent):
    """How far back; without it as far as a year."""

    days: int | None = Field(default=None, ge=1, le=365)


class BackTestRun(BaseModel):
    """A back-test of one version; the same document gives the same figures on the same history."""

    fraud_back_test_id: str
    version: int
    run_by: str
    run_at: datetime
    result: BackTest


class Publication(_Sent):
    """Why a version goes to work."""

    reason: Reason


class DryRunRequest(_Sent):
    """A rule set, and a past attempt of the shop to try it on."""

    document: dict[str, Any]
    payment_attempt_id: str = Field(min_length=1, max_length=64)


class Hit(BaseModel):
    """A rule that fires."""

    name: str
    action: str
    points: int
    sentence: str


class DryRun(BaseModel):
    """What the rules say of one attempt; `decided` is what checkout decided then."""

    hits: list[Hit]
    points: int
    is_allowed: bool
    rules_decision: FraudDecision
    decision: FraudDecision
    model_decision: FraudDecision | None
    decided: FraudDecision


class Entity(_Sent):
    """Whom or what an entry is about: the value itself, or the one that a payment attempt carries."""

    kind: EntityKind
    value: str | None = Field(default=None, min_length=1, max_length=200)
    payment_attempt_id: str | None = Field(default=None, min_length=1, max_length=64)

    @model_validator(mode="after")
    def _is_named_once(self) -> "Entity":
        if (self.value is None) == (self.payment_attempt_id is None):
            raise ValueError("send either value or payment_attempt_id")
        return self


class NewListEntry(Entity):
    """An entry; without `expires_at` it stays until somebody removes it."""

    list_name: RuleName
    reason: Reason
    expires_at: AwareDatetime | None = None


class ListEntry(BaseModel):
    """One entry of a list that people keep."""

    fraud_list_entry_id: str
    list_name: str
    kind: EntityKind
    value: str
    reason: str
    added_by: str
    added_by_name: str
    added_at: datetime
    expires_at: datetime | None
    removed_at: datetime | None


class NewSnooze(Entity):
    """A rule that is to pass somebody over until `expires_at`."""

    rule_name: RuleName
    reason: Reason
    expires_at: AwareDatetime


class Snooze(BaseModel):
    """A rule that passes somebody over."""

    fraud_rule_snooze_id: str
    rule_name: str
    kind: EntityKind
    value: str
    reason: str
    snoozed_by: str
    snoozed_by_name: str
    snoozed_at: datetime
    expires_at: datetime
    ended_at: datetime | None
