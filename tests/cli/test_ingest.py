"""`ingest csv` and `quarantine` on a real database: template, check, load, export, correct, resend."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from marketplace.settings import Settings


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Command":
    monkeypatch.setenv("MARKETPLACE_DATABASE__URL", database_url)
    monkeypatch.setenv("MARKETPLACE_STATE_DIR", str(tmp_path / "state"))

    @contextmanager
    def running(settings: Settings, names: set[str], *, report: object) -> Iterator[Settings]:
        yield settings  # the database runs already; starting one is another test's subject

    monkeypatch.setattr("marketplace.local.control.running_parts", running)
    return Command()


class Command:
    """The command line in this process."""

    def __call__(self, *words: object, fails: bool = False) -> Result:
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert (done.exit_code != 0) is fails, done.output
        return done


def test_shop_is_checked_loaded_and_its_bad_row_corrected(run: Command, tmp_path: Path) -> None:
    folder, file = tmp_path / "mine", tmp_path / "bad.jsonl"
    assert "orders.csv" in run("ingest", "csv", "--template", folder).output
    with (folder / "products.csv").open("a", encoding="utf-8") as text:
        text.write("p-2,s-1,Cup,free,,,,,,,,,,,\n")
    checked = run("ingest", "csv", "--path", folder, "--check-only", fails=True).output
    assert "products.csv, line 3, column price: came 'free'; price is not an amount such as 1234.50" in checked
    assert "nothing was written" in checked
    assert run("quarantine", "list").output.strip() == "no row waits in quarantine"
    loaded = json.loads(run("ingest", "csv", "--path", folder, "--json").stdout)
    assert (loaded["source"], loaded["tables"]["products"]["inserted"], loaded["quarantine"][0]["object"]) == (
        "csv", 1, "products.csv"
    )  # fmt: skip
    [row] = json.loads(run("quarantine", "list", "--object", "products.csv", "--json").stdout)
    assert json.loads(run("quarantine", "list", "--source", "olist", "--json").stdout) == []
    assert json.loads(run("quarantine", "show", row["quarantine_id"], "--json").stdout)["payload"]["price"] == "free"
    run("quarantine", "export", file)
    still = run("quarantine", "resend", file, fails=True).output
    assert "0 of 1 rows fit now" in still
    file.write_text(file.read_text().replace('"free"', '"2.50"'))
    assert "1 of 1 rows fit now" in run("quarantine", "resend", file).output
    assert run("quarantine", "list").output.strip() == "no row waits in quarantine"
    assert "loaded" in run("quarantine", "list", "--resolved").output
    corrected = (folder / "products.csv").read_text().replace("free", "2.50")
    (folder / "products.csv").write_text(corrected)
    assert "every row fits" in run("ingest", "csv", "--path", folder, "--check-only").output


def test_what_is_unusual_is_told_with_the_products_that_say_it(run: Command, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    run("ingest", "csv", "--template", folder)
    heading = "product_id,seller_id,title,price,category,season,colour"
    rows = [f"p-{at},s-1,Cup {at},1,Kitchen > Cups,{'eid' if at in (3, 5) else ''},red | blue" for at in range(50)]
    (folder / "products.csv").write_text("\n".join([heading, *rows, ""]))
    loaded = run("ingest", "csv", "--path", folder).output
    assert "2 of products: Kitchen > Cups has no season; it has colour, material, occasion, gender (p-3, p-5)" in loaded
    again = json.loads(run("ingest", "csv", "--path", folder, "--json").stdout)
    assert [one["products"] for one in again["unusual"]] == [["p-3", "p-5"]]


def test_wrong_words_are_told_in_one_line(run: Command, tmp_path: Path) -> None:
    for words in (("ingest", "olist", "--template", tmp_path / "x"), ("quarantine", "show", 99), ("ingest", "shopify")):
        output = run(*words, fails=True).output
        assert output.startswith("marketplace: ")
        assert "Traceback" not in output
