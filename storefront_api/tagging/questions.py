"""From what the model says of a listing to what its seller is asked.

One question per attribute, the likeliest value first; of one that may have several values, a question for each that is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.contracts.tagging import AttributeSuggestion, Tags
from marketplace.vocabulary import SEVERAL_VALUED, TagEvidence, TagLevel, TagStatus
from storefront_api.catalog.said_values import value_key
from storefront_api.security import new_id
from storefront_api.tagging.schemas import Alternative, TagSuggestion

CATEGORY = "category"
# Below this a suggestion stands in the review list of the uncertain ones.
SURE = 0.9
# A category that is nearly as likely as any other is no suggestion: of words that say nothing nothing is asked.
LEAST_LIKELY = 0.1


def tag_key(attribute: str, value: str) -> tuple[str, str]:
    """Equal for two ways of writing one value of an attribute; a category is named by its id, which has one way."""
    return attribute, value if attribute == CATEGORY else value_key(value)


@dataclass
class Known:
    """What is known of a listing before it is asked about.

    Attributes:
        values: what it says, by attribute.
        decided: attributes of which its seller took a value.
        answered: attribute and value of every suggestion that they answered, whatever they said.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)
    answered: set[tuple[str, str]] = field(default_factory=set)

    def needs_no_answer(self, asked: TagSuggestion) -> bool:
        """Whether the listing says so already, or the seller has answered; a newer model does not ask again.

        Beside one colour there may be another that words or picture show; what is merely inferred asks only of a silent listing.
        """
        attribute = asked.attribute
        known = {(attribute, value) for value in self.values.get(attribute, ())} | self.answered
        if tag_key(attribute, asked.value) in {tag_key(*one) for one in known}:
            return True
        if attribute not in SEVERAL_VALUED:
            return attribute in self.decided
        return asked.is_inferred and (attribute in self.decided or bool(self.values.get(attribute)))


def questions(tags: Tags, known: Known) -> list[TagSuggestion]:
    """What to ask, the category first; `settled` where no answer is needed."""
    asked = _category(tags)
    for attribute in dict.fromkeys(found.attribute for found in tags.attributes):
        found = [one for one in tags.attributes if one.attribute == attribute]
        asked += [_attribute([one]) for one in found] if attribute in SEVERAL_VALUED else [_attribute(found)]
    for one in asked:
        if known.needs_no_answer(one):
            one.status = TagStatus.SETTLED
    return asked


def _category(tags: Tags) -> list[TagSuggestion]:
    if not tags.categories or (tags.has_abstained and tags.categories[0].probability < LEAST_LIKELY):
        return []
    first, *others = tags.categories
    is_narrow = not tags.has_abstained and tags.level is not TagLevel.PARENT
    suggestion = TagSuggestion(
        tag_suggestion_id=new_id("tag"),
        attribute=CATEGORY,
        value=first.category_id,
        label=first.path,
        probability=first.probability,
        source=TagEvidence.INFERRED,
        evidence=None,
        is_inferred=True,
        is_sure=is_narrow and first.probability >= SURE,
        alternatives=[Alternative(value=one.category_id, label=one.path, probability=one.probability) for one in others],
    )
    return [suggestion]


def _attribute(values: list[AttributeSuggestion]) -> TagSuggestion:
    first, *others = values
    return TagSuggestion(
        tag_suggestion_id=new_id("tag"),
        attribute=first.attribute,
        value=first.value,
        label=first.value,
        probability=first.probability,
        source=first.source,
        evidence=first.evidence,
        evidence_start=first.start,
        evidence_end=first.end,
        is_inferred=first.is_inferred,
        is_sure=first.probability >= SURE,
        alternatives=[Alternative(value=one.value, label=one.value, probability=one.probability) for one in others],
    )
