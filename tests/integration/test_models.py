"""The registry's daily life by the command line, on a living marketplace that answers meanwhile."""

import json
from typing import Any

import pytest

from marketplace.vocabulary import ModelName
from tests.living import Living
from tests.load import Call, Load

NAME = ModelName.SELLER_ANALYTICS.value  # the one that trains in a second
FLIP_WITHIN = 60.0


def said(living: Living, *words: str) -> Any:
    return json.loads(living.command("models", *words, "--json"))


def versions(living: Living, name: str = NAME) -> dict[str, str]:
    """Version by alias."""
    return {alias: row["version"] for row in said(living, "list", name) for alias in row["aliases"]}


def test_a_version_is_trained_again_compared_promoted_and_rolled_back_without_a_failed_request(living: Living) -> None:
    champion = versions(living)["champion"]

    again = said(living, "retrain", NAME, champion, "--register")
    assert again["is_equal"], again["differences"]
    new = again["registered"]
    assert versions(living) == {"champion": champion, "challenger": new}

    compared = said(living, "compare", NAME)
    assert (compared["first"]["version"], compared["second"]["version"]) == (new, champion)
    assert compared["difference"] is not None, compared["not_measured"]
    assert compared["difference"]["value"] == 0  # the same recipe on the same rows
    assert compared["may_replace"] is True

    seller = living.rows("select seller_id from marts.dim_sellers order by 1 limit 1")[0]["seller_id"]
    asked = Call(f"{living.settings.services.seller_analytics.url}/forecast", {"seller_id": seller})
    with Load(asked, rate=20) as load:
        living.command("models", "promote", NAME, new, "--reason", "the same once more")
        flipped = load.wait_for(new, within=FLIP_WITHIN)
        load.forget(champion)
        living.command("models", "rollback", NAME, "--reason", "enough seen")
        returned = load.wait_for(champion, within=FLIP_WITHIN)
    print(f"\npromoted after {flipped:.1f} s, rolled back after {returned:.1f} s; {load.summary()}")
    assert load.failures == []

    assert said(living, "prune", "--dry-run") == {name.value: [] for name in ModelName}, "few versions keep all they have"

    moves = said(living, "history", NAME)
    assert [(move["action"], move["version"], move["replaced"], move["reason"]) for move in moves[-2:]] == [
        ("promote", new, champion, "the same once more"),
        ("rollback", champion, new, "enough seen"),
    ]
    assert all("@" in move["by"] for move in moves[-2:])
    assert moves[0]["by"].startswith("pipeline run ")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("promote", NAME, "999"), "has no version '999'"),
        (("compare", NAME, "999"), "has no version '999'"),
        (("retrain", NAME, "999"), "has no version '999'"),
    ],
)
def test_a_version_that_is_not_there_is_an_error_of_one_line(living: Living, words: tuple[str, ...], error: str) -> None:
    with pytest.raises(AssertionError, match=error) as raised:
        living.command("models", *words)
    assert "Traceback" not in str(raised.value)
