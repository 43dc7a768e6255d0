"""The fitted tagger: answers, broader answers, abstention, evidence, and the same after a journey through files."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketplace.errors import EmptyTrainingSetError
from marketplace.warehouse import Warehouse
from models.tagging import TaggingConfig, TaggingModel, compare, evaluate, load_training_set, make_training_set, model_card, train
from models.tagging.attributes import COLOUR, with_picture
from models.tagging.categories import CategoryTree, answer
from models.tagging.dataset import title_groups
from models.tagging.evaluate import accuracy, macro_f1, ranked_leaves, split_by_listing_time
from models.tagging.linear import favour_for, threshold_for
from models.tagging.pictures import PictureColour
from tests.models.tagging.factories import CATEGORIES, NOON, make_products, make_set
from tests.models.tagging.test_pictures import PAINTS, drawn

CONFIG = TaggingConfig()
TREE = CategoryTree(
    parents={"home": None, "mugs": "home", "vases": "home", "clothing": None, "sarees": "clothing"},
    paths={"home": "Home", "mugs": "Home > Mugs", "vases": "Home > Vases", "sarees": "Clothing > Sarees"},
)
LEAVES = ("mugs", "sarees", "vases")


@pytest.fixture(scope="module")
def model() -> TaggingModel:
    return train(make_set(), CONFIG)


def test_likely_leaf_is_the_answer() -> None:
    given = answer(LEAVES, np.array([0.9, 0.02, 0.08]), TREE, threshold=0.6)
    assert not given.has_abstained
    assert [category.path for category in given.categories] == ["Home > Mugs", "Home > Vases", "Clothing > Sarees"]


def test_undecided_leaves_give_their_common_parent() -> None:
    given = answer(LEAVES, np.array([0.5, 0.05, 0.45]), TREE, threshold=0.6)
    assert not given.has_abstained
    assert [category.category_id for category in given.categories] == ["home", "mugs", "vases"]
    assert given.categories[0].probability == pytest.approx(0.95)


def test_nothing_likely_gives_hints_only() -> None:
    given = answer(LEAVES, np.array([0.4, 0.35, 0.25]), TREE, threshold=0.6)
    assert given.has_abstained
    assert [category.category_id for category in given.categories] == ["mugs", "sarees", "vases"]


def test_category_that_is_its_own_ancestor_ends() -> None:
    assert CategoryTree({"a": "b", "b": "a"}, {}).ancestors("a") == ["a", "b"]


def test_threshold_is_the_lowest_that_is_right_often_enough() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.6, 0.5])
    is_right = np.array([True, True, True, True, False, False])
    # 0.7: 3 of 3; 0.6: 4 of 5; 0.5: 4 of 6.
    assert threshold_for(confidence, is_right, precision=0.8, min_answers=1) == 0.6
    assert threshold_for(confidence, is_right, precision=0.9, min_answers=1) == 0.7
    assert threshold_for(confidence, is_right, precision=0.9, min_answers=4) is None
    assert threshold_for(np.zeros(0), np.zeros(0, bool), precision=0.9, min_answers=1) is None


def test_rare_classes_are_favoured_only_where_that_finds_more_of_them() -> None:
    # Ten of class 0, surely; two of class 1 that class 0 beats by .1, of which the logarithms of shares 10/12 and 2/12 take .16.
    margins = np.array([[1.0, 0.0]] * 10 + [[0.1, 0.0]] * 2)
    truth, counts = np.array([0] * 10 + [1] * 2), np.array([10, 2])
    assert favour_for(margins, truth, counts) == 0.1
    assert favour_for(margins, np.array([0] * 12), counts) == 0.0


def test_new_title_is_tagged_with_its_words_as_evidence(model: TaggingModel) -> None:
    title, description = "Scarlet coffee cup", "A birthday gift made of stoneware."
    (tags,) = model.tag([title], [description])
    assert not tags.has_abstained
    assert tags.categories[0].path == "Home > Mugs"
    found = {attribute.attribute: attribute for attribute in tags.attributes}
    assert {name: item.value for name, item in found.items() if not item.is_inferred} == {
        "colour": "red",
        "material": "ceramic",
        "occasion": "birthday",
    }
    for item in found.values():
        text = title if item.source == "title" else description
        assert text[item.start : item.end] == item.evidence
    assert found["colour"].evidence == title[0:7] == "Scarlet"
    assert (found["material"].source, found["colour"].group) == ("description", "red")


def test_bengali_title_is_tagged(model: TaggingModel) -> None:
    (tags,) = model.tag(["সাদা জামদানি শাড়ি"])
    assert tags.categories[0].path == "Clothing > Sarees"
    assert {(item.attribute, item.value) for item in tags.attributes if not item.is_inferred} == {("colour", "white")}


def test_several_values_are_told_where_the_listing_states_several(model: TaggingModel) -> None:
    (tags,) = model.tag(["Crimson coffee cup for Eid or a birthday gift"])
    assert {item.value for item in tags.attributes if item.attribute == "occasion"} == {"eid", "birthday"}


def test_picture_tells_the_colour_that_words_leave_open(model: TaggingModel) -> None:
    picture = drawn(PAINTS["navy"])
    silent, stated, blank = model.tag(["Coffee cup", "Crimson cup", "Coffee cup"], pictures=[picture, picture, b"no picture"])
    colours = [[(item.value, item.source) for item in tags.attributes if item.attribute == "colour"] for tags in (silent, stated)]
    assert colours == [[("navy", "picture")], [("red", "title"), ("navy", "picture")]]
    assert not any(item.source == "picture" for item in blank.attributes)


def test_picture_tells_one_colour_of_a_family(model: TaggingModel) -> None:
    (tagger,) = [tagger for tagger in model.taggers if tagger.name == COLOUR]
    seen = [PictureColour(value, share, 0.9) for value, share in (("teal", 0.4), ("navy", 0.3), ("red", 0.2), ("maroon", 0.1))]
    told = with_picture([], seen, tagger)
    assert [(item.group, item.probability) for item in told] == [("blue", 0.9), ("red", 0.9)]


def test_attributes_are_those_of_the_category_that_the_seller_chose() -> None:
    products = make_products()
    products.loc[products["category_id"] == "vases", "occasion"] = None
    narrowed = train(make_set(products), CONFIG)
    free, chosen = narrowed.tag(["Coffee cup for Eid"] * 2, category_ids=[None, "vases"])
    assert "eid" in {item.value for item in free.attributes}
    assert "occasion" not in chosen.allowed_attributes
    assert "eid" not in {item.value for item in chosen.attributes}


def test_unknown_words_make_it_abstain(model: TaggingModel) -> None:
    for title in ("zzzz qqqq", "؟", "🎁", "1", " "):
        (tags,) = model.tag([title])
        assert tags.has_abstained
        assert len(tags.categories) == 3


def test_probabilities_are_probabilities_and_suggestions_differ(model: TaggingModel) -> None:
    for tags in model.tag(make_products()["title"].tolist()):
        assert all(0 <= category.probability <= 1 for category in tags.categories)
        assert len({category.category_id for category in tags.categories}) == 3


def test_word_that_misleads_in_this_catalogue_is_not_believed() -> None:
    products = make_products()
    # Here "wine" is what the vases are for, never their colour.
    products["title"] = products["title"].str.replace("vase", "wine vase")
    products.loc[0:2, "colour"] = "maroon"
    misled = train(make_set(products), CONFIG)
    (tags,) = misled.tag(["wine vase"])
    assert not any(item.value == "maroon" for item in tags.attributes)


def test_word_that_sellers_refuse_is_not_believed() -> None:
    products = make_products()
    open_titles = products["title"].str.startswith("crimson") & ~products["category_id"].eq("mugs")
    products.loc[open_titles, "colour"] = None
    refused = products.loc[open_titles, ["product_id"]].assign(
        attribute="colour", value="red", answered_at=NOON - timedelta(days=1)
    )

    def colours(refused: pd.DataFrame | None) -> set[str]:
        training_set = make_training_set(products, CATEGORIES, until=NOON, refused=refused)
        (tags,) = train(training_set, CONFIG).tag(["Crimson wool wrap"])
        return {item.value for item in tags.attributes if item.attribute == "colour"}

    assert colours(None) == {"red"}
    assert colours(refused) == set()


def test_saved_model_answers_the_same(model: TaggingModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    titles = [*make_products()["title"], "Scarlet coffee cup", "nothing known"]
    assert TaggingModel.load(tmp_path).tag(titles) == model.tag(titles)


def test_same_seed_gives_the_same_model(model: TaggingModel) -> None:
    titles = make_products()["title"].tolist()
    assert train(make_set(), CONFIG).tag(titles) == model.tag(titles)


def test_no_title_is_on_both_sides_of_the_split() -> None:
    products = make_products()
    products.loc[40:, "title"] = products["title"].str.upper().iloc[:8].to_numpy()  # old titles listed again
    past, test = split_by_listing_time(make_set(products), 0.25)
    assert not set(title_groups(past.products)) & set(title_groups(test))
    assert len(past.products) + len(test) == len(products)


def test_evaluation_beats_the_words_of_the_categories() -> None:
    evaluation = evaluate(make_set(), CONFIG)
    assert {method.name for method in evaluation.methods} == {"linear_tfidf", "category_words", "nearest_title", "majority"}
    assert evaluation.served is not None
    assert evaluation.served.metrics["macro_f1"].value > 0.8
    assert evaluation.slices["colour"]["stated_precision"].value == 1
    assert "linear_tfidf (served)" in model_card(evaluation, make_set())


def test_macro_f1_weighs_categories_alike() -> None:
    truth = np.array(["a", "a", "a", "b"], dtype=object)
    # a: 3 right, 1 wrong claim: 2*3/(3+4); b: never said: 0.
    assert macro_f1(truth, np.array(["a"] * 4, dtype=object)) == pytest.approx((6 / 7 + 0) / 2)


def test_model_compared_with_itself_is_a_tie(model: TaggingModel) -> None:
    assert compare(model, model, make_set()).value == 0


def test_what_a_model_learnt_by_heart_does_not_count(model: TaggingModel) -> None:
    """The categories of the newest listings mixed up: by heart they are known, from older ones they cannot be."""
    products = make_set().products.sort_values("listed_at", ignore_index=True)
    newest = products.index[int(len(products) * 0.75) :]
    products.loc[newest, "category_id"] = np.random.default_rng(3).permutation(products.loc[newest, "category_id"])
    mixed_up = make_set(products)
    by_heart = train(mixed_up, replace(CONFIG, C=1e4))
    _, test = split_by_listing_time(mixed_up, CONFIG.test_share)
    truth = test["category_id"].to_numpy(object)
    assert accuracy(truth, ranked_leaves(by_heart, test["title"].tolist())[:, 0]) > 0.8
    assert abs(compare(by_heart, model, mixed_up).value) < 0.2


def test_catalogue_without_written_titles_is_explained(database_url: str) -> None:
    warehouse = Warehouse(database_url)
    with warehouse.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.dim_products as select product_id, category_id, title, true as title_is_generated, description,"
            " colour, material, occasion, null::text as season, null::text as gender, null::text as further_values, listed_at"
            " from shop.products"
        )
        connection.execute(
            "create table marts.dim_categories as select category_id, parent_category_id, path from shop.categories"
        )
        connection.execute("create table marts.fct_tag_answers as select *, status as answer from shop.tag_suggestions")
    with pytest.raises(EmptyTrainingSetError, match="Olist"):
        load_training_set(warehouse, until=NOON)
