"""`marketplace experiment` on a database that runs already."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.storefront_api.conftest import shop_settings


@pytest.fixture
def marketplace(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function from words to what the command printed."""

    @contextmanager
    def running(*_: Any, **__: Any) -> Iterator[Any]:
        yield shop_settings(database_url)

    monkeypatch.setattr("marketplace.local.control.running_parts", running)

    def say(*words: str) -> str:
        done = CliRunner().invoke(app, ["experiment", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return say


def test_an_experiment_is_started_listed_and_stopped(marketplace: Any) -> None:
    assert "no experiment yet" in marketplace("list")
    [started] = json.loads(marketplace("start", "Newer taste", "--share", "0.2", "--json"))
    assert [(arm["name"], arm["share"]) for arm in started["arms"]] == [("champion", 0.8), ("challenger", 0.2)]
    assert "running" in marketplace("list")
    marketplace("stop", started["experiment_id"], "--reason", "enough")
    [stopped] = json.loads(marketplace("list", "--json"))
    assert (stopped["stop_reason"], stopped["title"]) == ("enough", "Newer taste")


def test_a_second_one_is_refused_in_one_line(marketplace: Any) -> None:
    marketplace("start", "First", "--kind", "interleaving")
    done = CliRunner().invoke(app, ["experiment", "start", "Second"])
    assert done.exit_code == 1
    assert "stop it first" in done.output


@pytest.mark.parametrize("verb", ["start", "stop", "list", "estimate"])
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    assert "Example:" in CliRunner().invoke(app, ["experiment", verb, "--help"]).output
