"""`marketplace fraud rules`: a file is checked without a marketplace, and tried on the history of one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from marketplace.fraud_rules import shipped
from marketplace.warehouse import Warehouse
from models.fraud.dataset import build_training_set, write_training_set
from tests.models.fraud.factories import NOON, make_history, retrieve
from tests.storefront_api.conftest import shop_settings


def test_mistakes_of_a_file_are_told_one_a_line_and_fail_the_command(tmp_path: Path) -> None:
    document = shipped().document()
    document["rules"][2]["when"]["field"] = "device_customer_24h"
    document["rules"][4]["action"] = "stop"
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(document))
    said = CliRunner().invoke(app, ["fraud", "rules", "check", str(file)])
    assert said.exit_code == 1
    assert [line.split(":")[0] for line in said.stderr.splitlines()] == [
        "rule accounts_on_device, /rules/2/when/field",
        "rule accounts_on_card, /rules/4/action",
    ]


def test_a_good_file_says_so(tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(shipped().document()))
    said = CliRunner().invoke(app, ["fraud", "rules", "check", str(file)])
    assert (said.exit_code, said.stdout) == (0, "14 rules over 13 facts: no mistake\n")
    file.write_text("{")
    assert CliRunner().invoke(app, ["fraud", "rules", "check", str(file)]).exit_code == 1


def test_a_file_is_tried_on_the_shops_history(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def running(*_: Any, **__: Any) -> Iterator[Any]:
        yield shop_settings(database_url)

    monkeypatch.setattr("marketplace.local.control.running_parts", running)
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(shipped().document() | {"rules": []}))
    run = ["fraud", "rules", "backtest", str(file)]
    assert CliRunner().invoke(app, run).stdout.startswith("no history")

    attempts, labels = make_history(customers=60, rings=8)
    frame = build_training_set(attempts, labels, retrieve, until=NOON)
    write_training_set(Warehouse(database_url), frame)
    result = json.loads(CliRunner().invoke(app, [*run, "--json"]).stdout)
    assert result["attempt_count"] == len(frame)
    assert result["fraud_count"] == (frame["is_fraud"] == True).sum()  # noqa: E712
    assert result["set"]["stopped"]["count"] == 0
    # The shipped rules at work stop what their points, a column of the training set, say.
    assert result["at_work"]["stopped"]["count"] == (frame["rule_points"] >= shipped().review_points).sum() > 0
    said = CliRunner().invoke(app, run).stdout.splitlines()
    assert [line.split("  ")[0] for line in said[2:]] == ["this set", "at work"]
