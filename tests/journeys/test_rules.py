"""An analyst writes a rule, is told what is wrong with it, tries it on history, puts it to work, and goes back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from marketplace.fraud_rules import shipped
from marketplace.warehouse import Warehouse
from models.fraud.dataset import build_training_set, write_training_set
from tests.journeys.conftest import PHONE, UNTIL
from tests.models.fraud.factories import retrieve


@pytest.fixture
def history(filled_shop: str) -> Iterator[None]:
    """The training set of the shop's attempts, as the pipeline leaves it."""
    warehouse = Warehouse(filled_shop)
    attempts = warehouse.read("select * from marts.fct_payment_attempts")
    labels = warehouse.read("select * from marts.fct_fraud_labels")
    write_training_set(warehouse, build_training_set(attempts, labels, retrieve, until=UNTIL))
    yield
    with warehouse.connect() as connection:
        connection.execute("drop schema training cascade")


def test_a_rule_is_written_tried_published_and_taken_back(visit: Any, history: None, rows: Any) -> None:
    analyst = visit()
    analyst.sign_in("analyst")
    page = analyst.open("/fraud/rules")
    assert "Version 1" in page.locator("main").inner_text() or "version 1" in page.locator("main").inner_text()
    page.click("text=Write a version")
    page.wait_for_load_state("networkidle")

    document = shipped().document()
    document["rules"][2]["when"]["field"] = "device_customer_24h"
    page.fill("#document", json.dumps(document, indent=1))
    page.wait_for_selector("#checked .notice.bad")
    assert "did you mean device_customers_24h?" in page.locator("#checked").inner_text()
    document["rules"][2]["when"] = {"field": "device_customers_24h", "op": ">=", "value": 3}
    page.fill("#document", json.dumps(document, indent=1))
    page.wait_for_selector("#checked .notice.good")
    page.fill("#note", "Two accounts of a household are no sign of fraud")
    analyst.press("Keep as a version")
    assert "Not tried yet" in page.locator("main").inner_text()
    assert page.locator("button", has_text="Publish").count() == 0

    analyst.press("Try on history")
    said = page.locator("main").inner_text()
    attempts = rows("select count(*) as n from training.fraud")[0]["n"]
    assert f"{attempts:,} attempts" in said
    assert "lets" in said or "no more and no less" in said
    page.fill("#reason", "Fewer households wait")
    analyst.press("Publish version 2")
    assert "at work" in page.locator("h1").inner_text()

    analyst.open("/fraud/rules/1")
    page.fill("#reason", "Too many frauds came through")
    analyst.press("Publish version 1")
    assert rows("select version from shop.fraud_rule_publications order by 1") == [{"version": 1}, {"version": 2}]


def test_somebody_is_blocked_and_a_rule_is_snoozed_on_a_phone(visit: Any) -> None:
    analyst = visit(PHONE)
    analyst.sign_in("analyst")
    page = analyst.open("/fraud/lists")
    assert "The lists are empty" in page.locator("main").inner_text()
    page.fill("#entry-value", "card_0001")
    page.fill("#entry-reason", "Reported as stolen")
    analyst.press("Add")
    assert "card_0001" in page.locator("main").inner_text()
    page.select_option("#rule_name", "burst")
    page.fill("#snooze-value", "customer-1")
    page.fill("#snooze-reason", "Buys for a school")
    analyst.press("Snooze")
    assert "customer-1" in page.locator("main").inner_text()
    analyst.press("Wake")
    assert "No rule is snoozed" in page.locator("main").inner_text()
    page.locator("summary", has_text="Remove").click()
    page.fill("#why-1", "It was found")
    analyst.press("Remove")
    assert "Nobody is on" in page.locator("main").inner_text() or "The lists are empty" in page.locator("main").inner_text()
