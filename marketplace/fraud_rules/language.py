"""The rule language: conditions over facts and lists, typed, without loops, names of code or anything to escape from.

A rule set is one JSON document. Its conditions know three answers, as SQL does: a fact that is unknown makes a comparison
neither true nor false, and a rule fires only on true.
"""

import difflib
import re
from collections.abc import Iterator
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from marketplace.fraud_rules.fields import FIELDS

_NAME = re.compile(r"[a-z][a-z0-9_]{1,59}")


def _is_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a name has 2 to 60 small letters, digits and underscores, such as many_cards; {name!r} came")
    return name


Name = Annotated[str, AfterValidator(_is_name)]


DEEPEST = 8  # conditions within conditions; more cannot be read


class Part(BaseModel):
    """A piece of a document: unknown keys are mistakes, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Operand(Part):
    """Another fact to compare with, `times` as large: `{"field": "order_value_mean_minor", "times": 3}`."""

    field: str
    times: float = 1.0

    @field_validator("field")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return _known(name)


def _value_kind(value: Any) -> str | None:
    if isinstance(value, dict | Operand):
        return "<fact>"
    if isinstance(value, list):
        return "<list>"
    return _scalar_kind(value)


def _scalar_kind(value: Any) -> str | None:
    # Exact types: true and false are no numbers here.
    return {int: "<integer>", float: "<number>", str: "<text>"}.get(type(value))


Scalar = Annotated[
    Annotated[int, Tag("<integer>")] | Annotated[float, Tag("<number>")] | Annotated[str, Tag("<text>")],
    Discriminator(_scalar_kind, custom_error_type="choice", custom_error_message="a value is a number or a text"),
]
Value = Annotated[
    Annotated[Operand, Tag("<fact>")]
    | Annotated[list[Scalar], Tag("<list>"), Field(min_length=1, max_length=500)]
    | Annotated[int, Tag("<integer>")]
    | Annotated[float, Tag("<number>")]
    | Annotated[str, Tag("<text>")],
    Discriminator(
        _value_kind,
        custom_error_type="choice",
        custom_error_message='a value is a number, a text, a list of these for `in`, or another fact as {"field": ...}',
    ),
]


class Comparison(Part):
    """A fact beside a value, another fact, or with `in` a list of values."""

    field: str
    op: Literal["=", "!=", ">", ">=", "<", "<=", "in"]
    value: Value

    @field_validator("field")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return _known(name)

    @model_validator(mode="after")
    def _types_agree(self) -> "Comparison":
        field, value = FIELDS[self.field], self.value
        wanted = "a text" if field.is_text else "a number"
        if self.op == "in":
            if not isinstance(value, list):
                example = '["BD", "IN"]' if field.is_text else "[1, 2]"
                raise ValueError(f"`in` takes a list of values, such as {example}; {_came(value)} came")
            is_fitting = all(isinstance(one, str) is field.is_text for one in value)
        elif isinstance(value, list):
            raise ValueError(f"{self.op!r} takes one value; write `in` to compare with a list")
        elif isinstance(value, Operand):
            is_fitting = FIELDS[value.field].is_text is field.is_text
        else:
            is_fitting = isinstance(value, str) is field.is_text
        if not is_fitting:
            raise ValueError(f"{self.field} is {wanted}; compare it with {wanted}, {_came(value)} came")
        if field.is_text and self.op in (">", ">=", "<", "<="):
            raise ValueError(f"{self.field} is a text, which is not ordered: use =, != or in")
        if field.is_text and isinstance(value, Operand) and value.times != 1:
            raise ValueError(f"{value.field} is a text and cannot be multiplied; leave `times` out")
        return self


class InList(Part):
    """Whether customer, device, card, parcel address or connection of the attempt stands on a list that people keep."""

    in_list: Name


class All(Part):
    """True if every condition is."""

    all: list["Condition"] = Field(min_length=1, max_length=50)


class AnyOf(Part):
    """True if one condition is."""

    any: list["Condition"] = Field(min_length=1, max_length=50)


class Not(Part):
    """True if the condition is false; what is unknown stays unknown."""

    model_config = ConfigDict(populate_by_name=True)

    negated: "Condition" = Field(alias="not")


def _condition_kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((f"<{key}>" for key in ("field", "in_list", "all", "any", "not") if key in value), None)
    return next((tag for kind, tag in _TAGS if isinstance(value, kind)), None)


_TAGS = ((Comparison, "<field>"), (InList, "<in_list>"), (All, "<all>"), (AnyOf, "<any>"), (Not, "<not>"))


Condition = Annotated[
    Annotated[Comparison, Tag("<field>")]
    | Annotated[InList, Tag("<in_list>")]
    | Annotated[All, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[Not, Tag("<not>")],
    Discriminator(
        _condition_kind,
        custom_error_type="choice",
        custom_error_message="a condition has one of the keys field (with op and value), in_list, all, any, not",
    ),
]


class Scaled(Part):
    """Points that grow with a fact: `each` for one, up to `up_to` of them."""

    each: int = Field(ge=1, le=1000)
    of: str
    up_to: int = Field(ge=1, le=1000)

    @field_validator("of")
    @classmethod
    def _is_counted(cls, name: str) -> str:
        if FIELDS[_known(name)].is_text:
            raise ValueError(f"{name} is a text; points grow with a number")
        return name


def _points_kind(value: Any) -> str | None:
    return "<scaled>" if isinstance(value, dict | Scaled) else "<fixed>" if type(value) is int else None


Points = Annotated[
    Annotated[int, Tag("<fixed>"), Field(ge=1, le=1000)] | Annotated[Scaled, Tag("<scaled>")],
    Discriminator(
        _points_kind,
        custom_error_type="choice",
        custom_error_message='points are a whole number, or {"each": 25, "of": "device_cards_24h", "up_to": 4}',
    ),
]


class Example(Part):
    """An attempt by some of its facts, and whether the rule is to fire on it; what is not named is unknown.

    `lists` are those that it stands on.
    """

    facts: dict[str, Scalar] = Field(default_factory=dict)
    lists: list[Name] = Field(default_factory=list)
    fires: bool

    @field_validator("facts")
    @classmethod
    def _are_known(cls, facts: dict[str, Any]) -> dict[str, Any]:
        for name, value in facts.items():
            if FIELDS[_known(name)].is_text is not isinstance(value, str):
                raise ValueError(f"{name} is {'a text' if FIELDS[name].is_text else 'a number'}; {value!r} came")
        return facts


class Rule(Part):
    """When it fires, what follows, and the sentence that an analyst reads, with facts in braces.

    `allow` approves whatever else fires and whatever the model says; `decline`, `block` (for review) and `review` ask for
    at least that; `score` adds `points`, which decide together. `examples` are its tests: a set in which one fails is refused.
    """

    name: Name
    when: Condition
    action: Literal["allow", "decline", "block", "review", "score"]
    points: Points | None = None
    sentence: str = Field(min_length=3, max_length=200)
    examples: list[Example] | None = Field(default=None, max_length=50)

    @field_validator("sentence")
    @classmethod
    def _names_facts(cls, sentence: str) -> str:
        try:
            named = list(_placeholders(sentence))
        except ValueError as error:
            raise ValueError(f"braces enclose the name of a fact, such as {{amount_minor}}: {error}") from error
        for name in named:
            _known(name)
        return sentence

    @model_validator(mode="after")
    def _has_points_to_score(self) -> "Rule":
        if self.action == "score" and self.points is None:
            raise ValueError("a rule that scores needs `points`, such as 25")
        if self.action != "score" and self.points is not None:
            raise ValueError(f"a rule that says {self.action!r} takes no `points`; leave them out or let it score")
        return self


class RuleSet(Part):
    """All rules that decide together, and from how many points an attempt is reviewed or blocked for review."""

    review_points: int = Field(ge=1, le=100_000)
    block_points: int = Field(ge=1, le=100_000)
    rules: list[Rule] = Field(max_length=200)

    @model_validator(mode="after")
    def _fits_together(self) -> "RuleSet":
        if self.block_points < self.review_points:
            raise ValueError(f"block_points {self.block_points} lie below review_points {self.review_points}; swap them")
        names = [rule.name for rule in self.rules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"rules share the name {', '.join(twice)}; give each its own")
        return self

    def document(self) -> dict[str, Any]:
        """The set as the JSON that it is read from, in one spelling: equal sets give equal documents."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def conditions(self) -> Iterator[Comparison | InList]:
        """Every comparison and list of every rule."""
        for rule in self.rules:
            yield from leaves(rule.when)

    def lists(self) -> set[str]:
        """The lists that rules ask for."""
        return {leaf.in_list for leaf in self.conditions() if isinstance(leaf, InList)}

    def fields(self) -> set[str]:
        """The facts that conditions, points and sentences need."""
        named: set[str] = set()
        for leaf in self.conditions():
            if isinstance(leaf, Comparison):
                named |= {leaf.field} | ({leaf.value.field} if isinstance(leaf.value, Operand) else set())
        for rule in self.rules:
            named |= set(_placeholders(rule.sentence)) | ({rule.points.of} if isinstance(rule.points, Scaled) else set())
        return named


def leaves(condition: "Comparison | InList | All | AnyOf | Not") -> Iterator[Comparison | InList]:
    """The comparisons and lists within a condition."""
    match condition:
        case All():
            parts = condition.all
        case AnyOf():
            parts = condition.any
        case Not():
            parts = [condition.negated]
        case _:
            yield condition
            return
    for part in parts:
        yield from leaves(part)


def _placeholders(sentence: str) -> Iterator[str]:
    for _, name, form, conversion in Formatter().parse(sentence):
        if form or conversion:
            raise ValueError("a fact is named without a format")
        if name is not None:
            yield name


def _known(name: str) -> str:
    if name not in FIELDS:
        near = difflib.get_close_matches(name, FIELDS, n=1)
        raise ValueError(f"{name!r} is no fact; {f'did you mean {near[0]}?' if near else 'see the list of facts'}")
    return name


def _came(value: Any) -> str:
    return f"the fact {value.field}" if isinstance(value, Operand) else repr(value)
