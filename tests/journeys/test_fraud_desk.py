"""An analyst at the fraud desk: by keyboard alone, without scripts, and many cases at once."""

from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from tests.journeys.conftest import PHONE

IN_FOCUS = "document.activeElement.closest('tr')?.querySelector('[name=cases]')?.value"


def test_analyst_handles_alerts_by_keyboard_alone(visit: Any, rows: Any) -> None:
    analyst = visit()
    analyst.sign_in("analyst")
    page = analyst.open("/fraud")
    keys = page.keyboard
    keys.press("j")
    first = page.evaluate(IN_FOCUS)
    keys.press("j")
    second = page.evaluate(IN_FOCUS)
    assert first is not None
    assert second not in (None, first)
    keys.press("k")
    assert page.evaluate(IN_FOCUS) == first
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", "the focus can be seen"
    keys.press("Enter")
    page.wait_for_url(f"**/fraud/cases/{first}")
    keys.press("c")
    page.wait_for_selector("text=Claimed by you")
    keys.press("f")
    assert page.evaluate("document.querySelector('[name=outcome]:checked').value") == "fraud"
    assert page.evaluate("document.activeElement.id") == "reason"
    keys.type("Device shared with known fraud")  # letters that are keys elsewhere are text in a field
    keys.press("Enter")
    page.wait_for_selector("text=Noted as fraud. This is the next case.")
    label = rows(
        "select l.outcome, l.reason, c.status from shop.fraud_cases as c join shop.fraud_labels as l using (payment_attempt_id)"
        " where c.fraud_case_id = %s order by l.labelled_at desc limit 1",
        first,
    )
    assert label == [{"outcome": "fraud", "reason": "Device shared with known fraud", "status": "closed"}]

    assert page.locator("text=Claimed by you").is_visible(), "the next case is taken at once"
    keys.press("n")
    keys.type("The courier knows this door")
    keys.press("Tab")
    keys.press("Enter")
    page.wait_for_selector("text=Your note is kept.")
    assert page.locator("li >> text=The courier knows this door").count() == 2, "among the notes and in the timeline"
    unsure = page.url.split("/")[-1].split("?")[0]
    keys.press("u")
    keys.type("nobody answers")
    keys.press("Enter")
    page.wait_for_selector("text=Noted as unsure")
    assert unsure not in page.url, "it waits for somebody else"
    keys.press("b")
    page.wait_for_selector("h1 >> text=Fraud review")
    assert not page.locator("#keys .panel").is_visible()
    keys.press("?")
    assert page.locator("#keys .panel").is_visible()
    keys.press("?")
    keys.press("s")
    page.wait_for_selector("text=Claimed by you")

    keys.press("t")
    keys.type("ring seven")
    keys.press("Enter")
    page.wait_for_selector("text=The tag is on the case.")
    keys.press("z")
    assert page.evaluate("document.activeElement.id") == "case-hours"
    keys.press("Tab")
    keys.type("the bank calls back")
    keys.press("Enter")
    page.wait_for_selector("text=comes back by itself.")
    keys.press("j")
    keys.press("x")
    ticked = page.evaluate(IN_FOCUS)
    keys.press("t")
    keys.type("seen")
    keys.press("Enter")
    page.wait_for_selector("text=1 case tagged.")
    kept = rows(
        "select t.tag, c.snooze_reason, c.snoozed_until > now() as is_snoozed from shop.fraud_case_tags as t"
        " join shop.fraud_cases as c using (fraud_case_id) where t.tag = 'ring seven' or c.fraud_case_id = %s order by 1",
        ticked,
    )
    assert kept == [
        {"tag": "ring seven", "snooze_reason": "the bank calls back", "is_snoozed": True},
        {"tag": "seen", "snooze_reason": None, "is_snoozed": None},
    ]


def test_desk_works_by_forms_without_scripts(chromium: Any, address: str, rows: Any) -> None:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/sign-in?next=/fraud")
    page.fill("#email", "admin@demo.example")
    page.fill("#password", "customise-you")
    page.click("form[action='/sign-in'] button")
    page.goto(f"{address}/fraud?status=open&risk=highest")
    ticks = page.locator("[name=cases]")
    ids = [ticks.nth(number).get_attribute("value") for number in range(2)]
    rows(
        "update shop.fraud_cases set status = 'claimed', claimed_at = now(), claimed_by ="
        " (select user_id from shop.users where email = 'analyst@demo.example') where fraud_case_id = %s returning 1",
        ids[1],
    )
    ticks.nth(0).check()
    ticks.nth(1).check()
    page.select_option("#bulk-outcome", "fraud")
    page.fill("#bulk-reason", "One ring")
    page.click("text=Decide the ticked cases")
    said = page.locator("main [role=status]").inner_text()
    assert "1 case noted as fraud" in said
    assert f"{ids[1]}: Demo analyst has claimed this case" in said
    assert rows("select status from shop.fraud_cases where fraud_case_id = %s", ids[0]) == [{"status": "closed"}]
    page.click("text=Start review")
    assert "risk=highest" in page.url
    page.check("[name=outcome][value=legitimate]")
    page.fill("#reason", "Known customer")
    page.click("text=Decide and go back to the queue")
    assert "Noted as legitimate" in page.locator("[role=status]").inner_text()
    assert "risk=highest" in page.url
    context.close()


def test_second_decision_on_a_case_is_refused_and_says_why(visit: Any, rows: Any) -> None:
    analyst, admin = visit(), visit()
    analyst.sign_in("analyst")
    admin.sign_in("admin")
    case = rows("select fraud_case_id from shop.fraud_cases where status = 'open' order by opened_at desc limit 1")[0]
    path = f"/fraud/cases/{case['fraud_case_id']}"
    for person in (analyst, admin):
        person.open(path).check("[name=outcome][value=fraud]")
        person.page.fill("#reason", "Card of somebody else")
    analyst.press("Decide and go back")
    admin.press("Decide and go back")
    assert "Demo analyst closed this case as fraud" in admin.page.locator("main [role=alert]").inner_text()
    assert len(admin.complaints) == 1  # the browser notes the 409 itself
    admin.complaints.clear()


RAW = """
    select d.decided_at, d.score, a.amount_minor, a.outcome as payment, o.status as order_status, c.fraud_case_id, c.status,
        c.opened_at, c.closed_at, a.attempted_at,
        array(select l.outcome from shop.fraud_labels as l where l.payment_attempt_id = d.payment_attempt_id
            and l.outcome <> 'unsure' order by l.labelled_at) as found,
        (select max(l.labelled_at) from shop.fraud_labels as l where l.payment_attempt_id = d.payment_attempt_id
            and l.outcome <> 'unsure') as found_at,
        (select max(b.received_at) from shop.chargebacks as b where b.payment_attempt_id = d.payment_attempt_id) as disputed_at
    from shop.fraud_decisions as d join shop.payment_attempts as a using (payment_attempt_id)
    left join shop.orders as o on o.order_id = a.order_id left join shop.fraud_cases as c using (payment_attempt_id)
    where d.decided_at >= '2026-09-01 00:00+06' and d.decided_at < '2026-11-02 00:00+06'
"""


def last_word(row: dict[str, Any]) -> bool | None:
    """Whether the attempt is fraud as far as anybody knows: what came last, else silence about an old payment."""
    if row["disputed_at"] and (not row["found_at"] or row["disputed_at"] >= row["found_at"]):
        return True
    if row["found"]:
        return bool(row["found"][-1] == "fraud")
    return False if row["payment"] == "authorised" and row["attempted_at"] < datetime.now(UTC) - timedelta(days=21) else None


def test_every_figure_of_the_page_is_counted_again_from_the_rows(visit: Any, rows: Any) -> None:
    analyst = visit()
    analyst.sign_in("analyst")
    page = analyst.open("/fraud/analytics?from=2026-09-01&to=2026-11-01&threshold=80&cost=10")
    shown = {
        one.locator("dt").inner_text().split("\n")[0].strip(): one.locator("dd").inner_text().strip()
        for one in page.locator(".kpis.labelled .kpi").all()
    }
    raw = rows(RAW)
    known = [(row, last_word(row)) for row in raw]
    alerts = [row for row in raw if row["fraud_case_id"]]
    reviewed = [(row, is_fraud) for row, is_fraud in known if row["fraud_case_id"] and row["found"]]
    frauds, good = [row for row, is_fraud in known if is_fraud], [row for row, is_fraud in known if is_fraud is False]
    closed = [row["closed_at"] - row["opened_at"] for row in rows("select * from shop.fraud_cases where status = 'closed'")
              if row["closed_at"] < datetime(2026, 11, 1, 18, tzinfo=UTC)]  # fmt: skip
    saved = sum(
        row["amount_minor"] for row, is_fraud in reviewed if is_fraud and row["order_status"] in ("declined", "cancelled")
    )
    assert {name: shown[name] for name in ("Attempts decided", "Alerts", "Review rate", "Precision", "Recall")} == {
        "Attempts decided": f"{len(raw):,}",
        "Alerts": f"{len(alerts)}",
        "Review rate": percent(len(alerts), len(raw)),
        "Precision": percent(sum(bool(is_fraud) for _, is_fraud in reviewed), len(reviewed)),
        "Recall": percent(sum(row["fraud_case_id"] is not None for row in frauds), len(frauds)),
    }
    assert shown["False-positive rate"] == percent(sum(row["fraud_case_id"] is not None for row in good), len(good))
    assert shown["Cases decided"] == f"{len(closed)}"
    assert shown["Decided within 24 h"] == percent(sum(took <= timedelta(hours=24) for took in closed), len(closed))
    assert shown["Time to decision"] == f"{median(closed).total_seconds() / 3600:.1f} h"
    assert int(shown["Money saved"].strip("৳").replace(",", "")) == round(saved / 100)
    tried = page.locator("#what-if").inner_text()
    above = [row for row in raw if row["score"] >= 80]
    caught = sum(row["amount_minor"] for row in frauds if row["score"] >= 80)
    assert f"Tried on {len(raw):,} scored attempts" in tried
    assert f"The outcome of {len(frauds) + len(good):,} is known" in tried
    assert f"{len(above) / 62:.1f}" in tried
    net = [one.inner_text() for one in page.locator("#what-if dd b").all()][2]
    assert int(net.strip("৳").replace(",", "")) == round(caught / 100) - 10 * len(above)
    page.fill("#threshold", "90")
    page.keyboard.press("Tab")
    page.wait_for_selector("#what-if h3 >> text=From 90")
    assert "threshold=90" in page.url


def percent(part: int, whole: int) -> str:
    return f"{part / whole * 100:.1f} %"
