"""The fraud report: sums worked by hand, and a file with the rows of the page."""

import csv
import io
import re

from fastapi import FastAPI

from tests.factories import make_user
from tests.storefront_api.conftest import signed_in
from tests.storefront_api.fraud_analytics.test_figures import desk_with_a_past, period
from tests.storefront_api.fraud_reviews.factories import Shop


async def test_report_adds_up_what_was_lost_and_saved(shop: Shop, app: FastAPI) -> None:
    await desk_with_a_past(shop, app)
    shop.execute("update shop.payment_attempts set method = 'bkash' where amount_minor = 300000")
    admin = await signed_in(app, make_user(shop, role="admin")["email"])
    report = (await admin.get("/v1/fraud/report", params=period())).json()
    parts = {part["name"]: part for part in report["parts"]}
    # F was paid and charged back; A was found by an analyst and declined
    assert parts["decisions"]["total"] == {
        "name": "total", "count": 8, "amount_minor": 7 * 100_000 + 300_000, "frauds": 2, "fraud_minor": 400_000,
        "lost_minor": 300_000, "saved_minor": 100_000,
    }  # fmt: skip
    assert [(row["name"], row["count"], row["lost_minor"]) for row in parts["methods"]["rows"]] == [
        ("card", 7, 0), ("bkash", 1, 300_000),
    ]  # fmt: skip
    assert [(row["name"], row["count"], row["amount_minor"]) for row in parts["chargebacks"]["rows"]] == [("fraud", 1, 300_000)]
    found = {row["name"]: (row["count"], row["amount_minor"]) for row in parts["findings"]["rows"]}
    assert found == {"fraud": (1, 100_000), "legitimate": (1, 100_000), "unsure": (1, 100_000)}


async def test_file_holds_the_rows_of_the_page(shop: Shop, app: FastAPI) -> None:
    await desk_with_a_past(shop, app)
    admin = await signed_in(app, make_user(shop, role="admin")["email"])
    table = list(csv.DictReader(io.StringIO((await admin.get("/fraud/report.csv", params=period())).text)))
    page = (await admin.get("/fraud/report", params=period(), headers={"accept": "text/html"})).text
    rows = re.findall(r"<tr(?: class=\"total-row\")?><td.*?</tr>", page)
    shown = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in rows]
    assert len(shown) == len(table)
    for cells, line in zip(shown, table, strict=True):
        assert cells[0] == line["name"].replace("_", " ").capitalize()
        amounts = [int(cell.strip("৳").replace(",", "")) * 100 for cell in cells if "৳" in cell]
        in_file = [line[name] for name in ("amount_minor", "fraud_minor", "lost_minor", "saved_minor")]
        assert amounts == [int(value) for value in in_file if value]
        assert int(cells[1]) == int(line["count"])


async def test_report_is_for_administrators_alone(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    for path in ("/v1/fraud/report", "/fraud/report", "/fraud/report.csv"):
        assert (await analyst.get(path)).status_code == 403, path
