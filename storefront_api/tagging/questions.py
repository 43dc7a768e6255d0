"""From what the model says of a listing to what its seller is asked: one question per attribute, the likeliest value first."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from marketplace.contracts.tagging import AttributeSuggestion, Tags
from marketplace.vocabulary import TagEvidence, TagLevel, TagStatus
from storefront_api.security import new_id
from storefront_api.tagging.schemas import Alternative, TagSuggestion

CATEGORY = "category"
# Below this a suggestion stands in the review list of the uncertain ones.
SURE = 0.9


@dataclass
class Known:
    """What is known of a listing before it is asked about: its values, what its seller decided, what they refused."""

    values: Mapping[str, str] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)
    refused: set[tuple[str, str]] = field(default_factory=set)

    def needs_no_answer(self, attribute: str, value: str) -> bool:
        """Whether the listing says so already, or the seller has answered; a newer model does not ask again."""
        return self.values.get(attribute) == value or attribute in self.decided or (attribute, value) in self.refused


def questions(tags: Tags, known: Known) -> list[TagSuggestion]:
    """What to ask, the category first; `settled` where no answer is needed."""
    asked = _category(tags)
    for attribute in dict.fromkeys(found.attribute for found in tags.attributes):
        asked.append(_attribute([found for found in tags.attributes if found.attribute == attribute]))
    for one in asked:
        if known.needs_no_answer(one.attribute, one.value):
            one.status = TagStatus.SETTLED
    return asked


def _category(tags: Tags) -> list[TagSuggestion]:
    if not tags.categories:
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
