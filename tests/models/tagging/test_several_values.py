"""Several values of an attribute: which of a title's words are offered beside the likeliest, and how that is learnt."""

import json
from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tagging import Attribute, TaggingConfig, TaggingModel, Words, make_training_set, train
from models.tagging.attributes import PRIOR_PRECISION, AttributeTagger, states
from models.tagging.colours import COLOURS
from models.tagging.dataset import own_values
from models.tagging.evaluate import _attribute_metrics
from models.tagging.model import Tags
from tests.models.tagging.factories import CATEGORIES, NOON, make_products, make_set

CONFIG = TaggingConfig()


@pytest.fixture(scope="module")
def model() -> TaggingModel:
    """Of a catalogue that keeps one colour a listing."""
    return train(make_set(), CONFIG)


def colours(model: TaggingModel, title: str, description: str = "") -> list[str]:
    (tags,) = model.tag([title], [description])
    return [found.value for found in tags.attributes if found.attribute == "colour"]


@pytest.mark.parametrize(
    "title",
    ["Crimson and indigo shawl", "Crimson & indigo wool shawl", "Indigo/crimson stole", "Shawl, crimson, indigo",
     "Shawl in crimson with indigo", "লাল ও indigo শাল", "Crimson indigo shawl"],
)  # fmt: skip
def test_colours_said_in_one_breath_are_all_offered_with_their_words(model: TaggingModel, title: str) -> None:
    (tags,) = model.tag([title])
    found = [one for one in tags.attributes if one.attribute == "colour"]
    assert {one.value for one in found} == {"red", "navy"}
    assert all(title[one.start : one.end] == one.evidence for one in found)
    assert found[0].probability >= found[1].probability >= 0.75


def test_words_apart_and_shades_of_one_family_are_no_further_colours() -> None:
    # Here the word red alone is believed on its own.
    tagger = AttributeTagger("colour", COLOURS, {"title unasked": {"": 0.2, "red": 0.95}})

    def told(title: str) -> list[str]:
        return [one.value for one in tagger.find(Words.of(title, ""), None)]

    assert told("Red and maroon shawl") == ["red"]
    assert told("Red, maroon and navy shawl") == ["red", "navy"]
    assert told("Red shawl with a navy border") == ["red"]
    assert told("Navy and teal shawl") == []


def answered(further: str | None, *, refused: bool = False) -> TaggingModel:
    """Of a catalogue whose crimson listings say "crimson & indigo", and whose sellers answered about the second colour."""
    products = make_products()
    is_red = products["title"].str.startswith("crimson")
    products["title"] = products["title"].str.replace("crimson", "crimson & indigo")
    products.loc[is_red, "colour"] = "red"
    products["further_values"] = None
    if further:
        products.loc[is_red, "further_values"] = json.dumps({"colour": [further]})
    told = products.loc[is_red, ["product_id"]].assign(attribute="colour", value="navy", answered_at=NOON - timedelta(days=1))
    return train(make_training_set(products, CATEGORIES, until=NOON, refused=told if refused else None), CONFIG)


def further_precision(model: TaggingModel) -> float:
    (tagger,) = [tagger for tagger in model.taggers if tagger.name == "colour"]
    return tagger.precision("navy", "title further")


def test_second_colours_are_believed_as_their_sellers_answer() -> None:
    untold, accepted, denied, refused = answered(None), answered("navy"), answered("white"), answered(None, refused=True)
    assert further_precision(untold) == PRIOR_PRECISION, "one value a listing tells nothing of a second"
    assert further_precision(accepted) > PRIOR_PRECISION
    assert further_precision(denied) < 0.5, "who says red and white has said that it is not navy"
    assert further_precision(refused) < 0.5
    assert set(colours(accepted, "Crimson & indigo stole")) == {"red", "navy"}
    assert colours(refused, "Crimson & indigo stole") == ["red"]


def test_value_that_is_one_of_several_counts_as_right() -> None:
    tags = [Tags((), tuple(Attribute("colour", value, 0.9) for value in ("red", "navy")), False)] * 3
    own = [("red",), ("white", "navy"), ("red", "white")]
    metrics = _attribute_metrics("colour", tags, own)
    assert metrics["inferred_precision"].value == 3 / 6, "one of each two"


def test_own_values_are_the_main_one_and_what_stands_beside_it() -> None:
    products = pd.DataFrame({"colour": ["red", None, "blue"], "further_values": ['{"colour": ["navy", "teal"]}', None, "{}"]})
    assert own_values(products, "colour") == [("red", "navy", "teal"), (), ("blue",)]
    assert own_values(products[["colour"]], "colour") == [("red",), (), ("blue",)]
    assert own_values(products, "season") == [()] * 3


@given(st.lists(st.sampled_from(["red", "navy blue", "&", ",", "and", "mug", "with", "White", ".", "/", "নীল", "-"]), max_size=9))
@settings(max_examples=200)
def test_words_that_are_said_together_say_so_of_each_other(words: list[str]) -> None:
    title = " ".join(words)
    found = {one.value: one for one in states(COLOURS, Words.of(title, title[::-1]))}
    for value, one in found.items():
        assert value in one.together
        assert all(value in found[other].together for other in one.together)
