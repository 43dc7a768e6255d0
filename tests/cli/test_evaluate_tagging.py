"""`marketplace evaluate tagging` from outside: the form of its answer, what is told apart, one line for what cannot be used."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app

METRICS = {"accuracy", "macro_f1", "top_3_accuracy", "accuracy_at_85pct_coverage"}
KINDS = {"Mug": "Home >> Kitchen", "Pan": "Home >> Kitchen", "Lamp": "Home >> Light", "Ring": "Jewellery >> Rings"}


def marketplace(*words: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", "tagging", *words])


def rows(count: int = 160) -> list[str]:
    colours = ("red", "blue", "green", "golden")
    return [
        f'{colours[n % 3]} {kind} no {n},{label},"[""{label} >> {kind} {n}""]",brand {n % 9}'
        for n in range(count)
        for kind, label in [list(KINDS.items())[n % 4]]
    ]


def write(path: Path, lines: list[str]) -> str:
    path.write_text("title,label,tree,brand\n" + "\n".join(lines) + "\n")
    return str(path)


def answer(*words: str) -> dict[str, Any]:
    done = marketplace("--text", "title", *words, "--json")
    assert done.exit_code == 0, done.stderr
    held: dict[str, Any] = json.loads(done.stdout)
    assert (list(held), held["task"]) == (["task", "data", "models"], "tagging")
    assert [model["name"] for model in held["models"]] == ["linear_tfidf", "word_tfidf_linear_svc", "nearest_title", "majority"]
    assert [model["served"] for model in held["models"]] == [True, False, False, False]
    for model in held["models"]:
        assert set(model["metrics"]) == METRICS
        assert all(metric["low"] <= metric["value"] <= metric["high"] for metric in model["metrics"].values())
    return held


def test_paths_by_group_with_broader_levels_beside(tmp_path: Path) -> None:
    lines = [*rows(), "lone,Home,Home,b", ",Home,Home >> Light,b"]
    path = write(tmp_path / "products.csv", lines)
    held = answer("--products", path, "--label-path", "tree", "--levels", "2", "--group", "brand")
    assert held["models"][0]["metrics"]["accuracy"]["value"] == 1.0
    assert held["data"]["rejected_by_reason"] == {"text (title) is empty": 1, "the path has fewer than 2 levels": 1}
    assert held["data"]["labels"] == 3
    assert "first 1 of 2 levels" in held["data"]["parts"]
    assert held["data"]["accuracy_by_coverage"]["linear_tfidf"]["1"] == 1.0
    random.Random(1).shuffle(lines)
    again = answer(
        "--products", write(tmp_path / "products.csv", lines), "--label-path", "tree", "--levels", "2", "--group", "brand"
    )
    assert [model["metrics"] for model in again["models"]] == [model["metrics"] for model in held["models"]]


def test_titles_seen_and_not_seen_are_told_apart(tmp_path: Path) -> None:
    learnt = write(tmp_path / "learnt.csv", rows())
    judged = write(tmp_path / "judged.csv", [*rows()[:40], *(row.replace(" no ", " with box ") for row in rows()[:60])])
    held = answer("--products", learnt, "--test", judged, "--label", "label")
    assert (held["data"]["test_rows"], held["data"]["test_rows_text_seen"]) == (100, 40)
    assert {"text seen", "text not seen"} <= set(held["data"]["parts"])
    assert held["data"]["parts"]["text seen"]["nearest_title"]["accuracy"]["value"] == 1.0


def test_small_labels_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "products.csv", [*rows(), *(f"odd thing {n},NA,NA,b" for n in range(12)), "odd,Odd,Odd,b"])
    held = answer("--products", path, "--label", "label")
    assert (held["data"]["labels"], held["data"]["labels_left_out"], held["data"]["rows_of_labels_left_out"]) == (4, 1, 1)
    assert "labels under 30 products" in held["data"]["parts"] or held["data"]["test_rows"] < 40


def test_a_table_for_people(tmp_path: Path) -> None:
    done = marketplace("--products", write(tmp_path / "products.csv", rows()), "--text", "title", "--label", "label")
    assert done.exit_code == 0, done.stderr
    for word in ("linear_tfidf *", "macro_f1", "text not seen:", "is what the platform serves"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "either --label COL, or --label-path COL --levels N"),
        (("--label-path", "tree"), "--label-path needs --levels N"),
        (("--label", "kind"), "lacks the column 'kind' (label); it has title, label, tree, brand"),
        (("--label-path", "tree", "--levels", "9"), "the path has fewer than 9 levels"),
        (("--label", "title"), "0 of them with 10 products or more"),
        (("--label", "label", "--test-share", "2"), "the test share is 2"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_2(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = marketplace("--products", write(tmp_path / "products.csv", rows()), "--text", "title", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    (error,) = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert said in error
