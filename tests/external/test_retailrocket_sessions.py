"""The public RetailRocket sessions: two stages are worth more than the best published neighbours, on sessions they never saw."""

import csv
import gzip
from pathlib import Path

import pytest

from marketplace.settings import load_settings
from models.own_table.report import Report
from models.own_table.sessions import SessionColumns, evaluate_sessions

DATA = load_settings().data
pytestmark = pytest.mark.skipif(DATA is None, reason="MARKETPLACE_DATA is not set: the public RetailRocket file is not here")
FILE = (DATA or Path()) / "retailrocket" / "sessions_train.csv.gz"
SESSIONS = 24_000  # the last ones of 126,168, which are in order of time


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    with gzip.open(FILE, "rt", newline="") as text:
        rows = list(csv.DictReader(text))[-SESSIONS:]
    path = tmp_path_factory.mktemp("sessions") / "part.csv"
    path.write_text("items\n" + "\n".join(row["item_seq"] for row in rows) + "\n")
    return evaluate_sessions([path], [], SessionColumns(sequence="items"), test_share=0.07)


@pytest.mark.parametrize(("figure", "key"), [("ndcg_at_10", ""), ("mrr_at_20", "_in_mrr_at_20")])
def test_two_stages_gain_on_stan(report: Report, figure: str, key: str) -> None:
    values = {model.name: model.metrics[figure].value for model in report.models}
    assert values["two_stage"] >= 1.05 * values["stan"]
    assert report.data["served_minus_others" + key]["stan"]["low"] > 0


def test_lists_differ_between_sessions_and_show_much_of_the_shop(report: Report) -> None:
    metrics = next(model.metrics for model in report.models if model.is_served)
    assert metrics["coverage_at_10"].value >= 0.15
    assert metrics["personalisation_at_10"].value >= 0.5
