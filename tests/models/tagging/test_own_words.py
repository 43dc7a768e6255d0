"""A category whose name holds a word that all its listings say is not answered with for a title without it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from models.tagging import TaggingConfig, TaggingModel, TrainingSet, evaluate, make_training_set, train
from models.tagging.categories import answer
from models.tagging.evaluate import ranked_leaves, split_by_listing_time
from models.tagging.own_table.methods import SERVED, Known, methods
from models.tagging.own_words import lacks_own_words, learn_own_words
from tests.models.tagging.factories import NOON
from tests.models.tagging.test_model import LEAVES, TREE

ADJECTIVES = ("red", "blue", "large", "small", "plain", "striped")
NAMES = {"rocky": ["Kitchen", "Cups", "Rocky Cups"], "plates": ["Kitchen", "Plates", "Flat Plates"], "hats": ["Hats"]}
TITLES = {
    "rocky": [f"Rocky {word} coffee mug" for word in ADJECTIVES],
    "plates": [f"Hill {word} dinner plate" for word in ADJECTIVES],
    "hats": [f"Hats {word}" for word in ADJECTIVES[:4]],
}
LABELS, ALL = zip(*((label, title) for label, of in TITLES.items() for title in of), strict=True)
MANY = [f"{hue} {size}" for hue in ("red", "blue", "green", "white") for size in ("large", "small", "tall", "low", "old")]
MANY_TITLES = [title for word in MANY for title in (f"Rocky {word} coffee mug", f"Hill {word} dinner plate", f"Hats {word}")]
STRANGER = "Hill violet coffee mug"


def test_words_are_those_of_the_own_name_that_every_title_says() -> None:
    own = learn_own_words(ALL, LABELS, NAMES)
    assert own == {"rocky": frozenset({"rocky"})}, "plates say no word of their name, four hats are too few"
    assert lacks_own_words(own, "rocky", STRANGER)
    assert not lacks_own_words(own, "rocky", "A ROCKY mug")
    assert not lacks_own_words(own, "plates", STRANGER)


def test_impossible_leaf_gives_the_category_above_it_and_is_no_hint() -> None:
    given = answer(LEAVES, np.array([0.9, 0.02, 0.08]), TREE, threshold=0.6, is_possible=lambda leaf: leaf != "mugs")
    assert [category.category_id for category in given.categories] == ["home", "vases", "sarees"]
    assert not given.has_abstained


def test_next_leaf_is_not_answered_with_in_place_of_an_impossible_one() -> None:
    given = answer(LEAVES, np.array([0.4, 0.35, 0.25]), TREE, threshold=0.2, is_possible=lambda leaf: leaf != "mugs")
    assert [category.category_id for category in given.categories] == ["sarees", "vases"]
    assert given.has_abstained
    assert answer(LEAVES, np.array([0.4, 0.35, 0.25]), TREE, threshold=0.2, is_possible=lambda leaf: False).has_abstained


def listed(titles: Sequence[str], labels: Sequence[str]) -> TrainingSet:
    products = pd.DataFrame({"title": titles, "category_id": labels, "description": ""})
    products["product_id"] = products["listed_at"] = range(len(products))
    products["listed_at"] = NOON - pd.to_timedelta(products["listed_at"] + 1, unit="h")
    products[["colour", "material", "occasion"]] = None
    categories = pd.DataFrame(
        [("kitchen", None, "Kitchen"), ("cups", "kitchen", "Kitchen > Cups"), ("rocky", "cups", "Kitchen > Cups > Rocky Cups"),
         ("plates", "kitchen", "Kitchen > Flat Plates"), ("hats", None, "Hats")],
        columns=["category_id", "parent_category_id", "path"],
    )  # fmt: skip
    return make_training_set(products, categories, until=NOON)


def test_model_falls_back_for_the_mugs_of_another_maker(tmp_path: Path) -> None:
    model = train(listed(ALL, LABELS), TaggingConfig())
    model.save(tmp_path)
    for one in (model, TaggingModel.load(tmp_path)):
        own, stranger = one.tag(["Rocky violet coffee mug", "Moon violet coffee mug"])
        assert own.categories[0].category_id == "rocky"
        assert stranger.categories[0].category_id == "cups"
        assert not stranger.has_abstained
        assert "rocky" not in [category.category_id for category in stranger.categories]


def test_guess_that_is_never_answered_does_not_lower_the_threshold() -> None:
    labels = [*("rocky", "plates", "hats") * len(MANY), "plates"]
    model = train(listed([*MANY_TITLES, "Lago red coffee mug"], labels), TaggingConfig())
    assert model.category_threshold > 0.5
    own, unlike = model.tag(["Rocky violet coffee mug", "Moon blue mug"])
    assert [own.categories[0].category_id, own.has_abstained] == ["rocky", False]
    assert unlike.has_abstained


def test_card_ranks_the_leaves_that_are_named_and_is_sure_of_no_other() -> None:
    strangers = [f"Lago {word} coffee mug" for word in MANY[:15]]  # the newest, of a category of their own
    labels = [*["cups"] * 15, *("rocky", "plates", "hats") * len(MANY)]
    training_set = listed([*strangers, *MANY_TITLES], labels)
    past, _ = split_by_listing_time(training_set, TaggingConfig().test_share)
    assert set(ranked_leaves(train(past, TaggingConfig()), strangers)[:, -1]) <= {"rocky", "hats"}
    curve = evaluate(training_set, TaggingConfig()).slices["category, surest share"]
    assert curve["calibration_error"].value == 0, "none is right, nothing is sure of any"


def test_own_table_keeps_the_label_and_takes_its_lead_away() -> None:
    labels = sorted(NAMES)
    codes = np.array([labels.index(label) for label in LABELS])
    known = Known(ALL, codes, ALL, len(labels), 1, [NAMES[label] for label in labels])
    own, stranger = methods()[SERVED](known)(["Rocky violet coffee mug", STRANGER])
    assert labels[int(own.argmax())] == labels[int(stranger.argmax())] == "rocky"
    leads = [np.sort(scores)[-1] - np.sort(scores)[-2] for scores in (own, stranger)]
    assert leads[0] > 0.1
    assert 0 < leads[1] < 1e-9
