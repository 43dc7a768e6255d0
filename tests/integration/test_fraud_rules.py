"""Rules on a living marketplace: a back-test reads the very training set that the pipeline built, and a version decides live."""

from marketplace.fraud_rules import shipped
from marketplace.fraud_rules.fields import FIELDS
from tests.integration.test_loop import signed_in
from tests.living import Living


def test_back_test_knows_every_fact_of_the_training_set_and_counts_as_the_training_did(living: Living) -> None:
    analyst = signed_in(living, "analyst@demo.example")
    document = shipped().document()
    document["rules"] += [
        {
            "name": f"asks_{name}",
            "when": {"field": name, "op": "=", "value": "nowhere" if field.is_text else -1},
            "action": "review",
            "sentence": "cannot be",
        }
        for name, field in FIELDS.items()
    ]
    made = analyst.post("/v1/fraud/rules", json={"document": document, "note": "asks for everything"})
    assert made.status_code == 201, made.text
    answer = analyst.post(f"/v1/fraud/rules/{made.json()['version']}/back-tests")
    assert answer.status_code == 201, answer.text
    result = answer.json()["result"]
    assert result["unknown_facts"] == []
    (counted,) = living.rows(
        "select count(*)::int as attempts, count(*) filter (where is_fraud)::int as frauds,"
        " count(*) filter (where rule_points >= %s)::int as stopped from training.fraud",
        shipped().review_points,
    )
    assert result["attempt_count"] == counted["attempts"] > 0
    assert result["fraud_count"] == counted["frauds"] > 0
    assert result["set"]["stopped"]["count"] == counted["stopped"]
    print(f"\nshipped rules on {counted['attempts']} attempts: {result['set']['stopped']}")
