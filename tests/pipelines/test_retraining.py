"""When a model is trained again: the rule by hand, and the sensor with a clock that the test moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest

from marketplace.errors import ModelUnavailableError
from marketplace.vocabulary import ModelName
from models.registry import ModelRegistry, ModelVersion, Refusal
from pipelines.defs.schedules import weekly_retraining
from pipelines.defs.sensors import SENSORS, retraining_sensor
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource
from pipelines.retraining import POLICIES, Facts, Policy, decide

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
POLICY = Policy("marts.rows", "known_at", min_rows=50, min_share=0.1, cool_down=timedelta(hours=6))
FACTS = Facts("3", training_cutoff=MIDNIGHT - timedelta(days=1), last_trained_at=MIDNIGHT - timedelta(days=1), known_rows=1_000)


@pytest.mark.parametrize(
    ("facts", "asked_hours_ago", "is_due", "words"),
    [
        (Facts(None), None, False, "no champion yet"),
        (FACTS, None, False, "0 new rows of marts.rows since 2026-03-01 00:00, 100 are wanted"),
        (replace(FACTS, new_rows=99), None, False, "99 new rows"),
        (replace(FACTS, new_rows=100), None, True, "100 new rows"),
        (replace(FACTS, new_rows=49, known_rows=10), None, False, "49 new rows of marts.rows since 2026-03-01 00:00, 50"),
        (replace(FACTS, new_rows=100), 5.9, False, "not before 2026-03-02 00:06"),
        (replace(FACTS, new_rows=100), 6.0, True, "100 new rows"),
        (replace(FACTS, new_rows=100, last_trained_at=MIDNIGHT - timedelta(hours=1)), None, False, "not before 2026-03-02 05:00"),
        (replace(FACTS, drift_raised_at=MIDNIGHT - timedelta(hours=1)), None, True, "strong drift raised at 2026-03-01 23:00"),
        (replace(FACTS, drift_raised_at=MIDNIGHT - timedelta(days=2)), None, False, "0 new rows"),  # older than the training
    ],
)
def test_a_training_needs_a_reason_and_a_rest(facts, asked_hours_ago, is_due, words) -> None:
    asked = None if asked_hours_ago is None else MIDNIGHT - timedelta(hours=asked_hours_ago)

    decision = decide(POLICY, facts, now=MIDNIGHT, last_asked_at=asked)

    assert decision.is_due is is_due
    assert words in decision.words


class Registry(ModelRegistry):
    """One champion, trained when the test says; or nobody at home."""

    def __init__(self, trained_at: datetime, *, is_down: bool = False) -> None:
        super().__init__("http://127.0.0.1:9")
        self.is_down = is_down
        tags = {"training_cutoff": (MIDNIGHT - timedelta(days=1)).isoformat()}
        self.trained = ModelVersion("fraud", "3", "run", "", trained_at, tags, ("champion",))

    def resolve(self, name: str, alias: str = "champion") -> ModelVersion | None:
        if self.is_down:
            raise ModelUnavailableError("no answer from MLflow")
        return self.trained

    def versions(self, name: str) -> list[ModelVersion]:
        return [self.trained]

    def last_refusal(self, name: str) -> Refusal | None:
        return None


class Shop:
    """The sensor of fraud over a database with labels, ticked by hand."""

    def __init__(self, database_url: str, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ModelRegistryResource, "open", lambda _: registry)
        self.database_url, self.registry = database_url, registry
        self.now = MIDNIGHT
        self.cursor: str | None = None
        self._sensor = retraining_sensor(ModelName.FRAUD, clock=lambda: self.now)
        self.resources = {
            "warehouse": WarehouseResource(database_url=database_url),
            "registry": ModelRegistryResource(tracking_uri=""),
        }
        with psycopg.connect(database_url) as connection:
            connection.execute("create schema if not exists marts")
            connection.execute(
                "create table marts.fct_fraud_labels (labelled_at timestamptz, is_fraud boolean, label_source text)"
            )

    def label(self, count: int, at: datetime, *, is_fraud: bool = True, source: str = "analyst") -> None:
        with psycopg.connect(self.database_url) as connection:
            connection.execute(
                "insert into marts.fct_fraud_labels select %s, %s, %s from generate_series(1, %s)", [at, is_fraud, source, count]
            )

    def alert(
        self, feature: str, *, stream="inputs", model="fraud", level="strong", measure="wasserstein", days_ago=0.0, resolved=None
    ) -> None:
        """An alert that was raised an hour ago, about a window of a day that ended so many days ago."""
        alert = (
            "insert into monitoring.alerts (model_name, stream, feature, window_start, window_end, model_version, level, measure,"
            " effect, threshold, last_window_start, action, raised_at, resolved_at)"
            " values (%s, %s, %s, %s, %s, '3', %s, %s, 1, 0.2, %s, 'look', %s, %s)"
        )
        day = timedelta(days=1)
        window = [MIDNIGHT - (days_ago + 1) * day, MIDNIGHT - days_ago * day]
        values = [model, stream, feature, *window, level, measure, window[0], MIDNIGHT - timedelta(hours=1), resolved]
        with psycopg.connect(self.database_url) as connection:
            connection.execute(alert, values)

    def tick(self) -> dg.SensorResult:
        context = dg.build_sensor_context(cursor=self.cursor, resources=self.resources)
        result = self._sensor(context)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor or self.cursor
        return result


@pytest.fixture
def shop(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(database_url, Registry(MIDNIGHT - timedelta(days=1)), monkeypatch)


def test_new_labels_ask_for_one_training_per_cool_down(shop: Shop) -> None:
    cutoff = MIDNIGHT - timedelta(days=1)
    shop.label(300, cutoff - timedelta(days=5))
    shop.label(49, cutoff + timedelta(hours=1))
    assert "49 new rows" in str(shop.tick().skip_reason)
    shop.label(1, cutoff)

    requests = []
    for _ in range(8 * 3):  # three days of ticks, three hours apart
        requests += [(shop.now, request) for request in shop.tick().run_requests or []]
        shop.now += timedelta(hours=3)

    assert POLICIES[ModelName.FRAUD].cool_down == timedelta(days=1)
    assert [at for at, _ in requests] == [MIDNIGHT, MIDNIGHT + timedelta(days=1), MIDNIGHT + timedelta(days=2)]
    assert len({request.run_key for _, request in requests}) == 3
    assert "50 new rows of marts.fct_fraud_labels" in requests[0][1].tags["marketplace/because"]


def test_a_strong_open_drift_asks_for_a_training_and_broken_data_does_not(shop: Shop) -> None:
    shop.alert("device_id", measure="unknown_ids")
    shop.alert("amount_minor", measure="nulls")
    shop.alert("item_count", level="moderate")
    shop.alert("hour", resolved=MIDNIGHT)
    shop.alert("price", model="tagging")
    shop.alert("precision", stream="estimates")
    assert not shop.tick().run_requests

    shop.alert("ip_shipping_km")
    requests = shop.tick().run_requests

    assert requests is not None
    assert "strong drift" in requests[0].tags["marketplace/because"]
    assert not shop.tick().run_requests


def test_realised_figures_ask_for_a_training_only_with_a_fraud_that_the_champion_does_not_know(shop: Shop) -> None:
    shop.alert("recall", stream="realised", days_ago=21)
    assert not shop.tick().run_requests, "labels stopped to arrive"
    shop.label(1, MIDNIGHT, is_fraud=False)
    shop.label(1, MIDNIGHT - timedelta(days=2))
    assert not shop.tick().run_requests, "nobody told of a fraud since the champion was trained"
    shop.label(1, MIDNIGHT)
    assert shop.tick().run_requests


def test_a_week_that_turns_bad_by_late_labels_asks_for_one_training(shop: Shop) -> None:
    shop.label(1, MIDNIGHT)
    shop.alert("precision", stream="realised", days_ago=40)  # raised an hour ago, long after its week was mature
    assert shop.tick().run_requests

    shop.registry.trained = replace(shop.registry.trained, created_at=MIDNIGHT)
    shop.now += timedelta(days=2)
    assert not shop.tick().run_requests, "the alert was there when the model was trained"


@pytest.mark.parametrize(
    ("source", "days_apart", "silent_days", "is_due"),
    [
        ("chargeback", 2, 8, True),  # 4 were usual in that time: not yet impossible
        ("chargeback", 2, 20, False),
        ("chargeback", 7, 28, True),  # one a week, four weeks
        ("chargeback", 7, 40, False),
        ("chargeback", 20, 50, True),  # too few to have a pace
        ("dispute", 2, 20, False),  # whoever it is
    ],
)
def test_frauds_that_the_desk_finds_ask_for_nothing_while_chargebacks_are_missing(
    shop: Shop, source: str, days_apart: int, silent_days: int, is_due: bool
) -> None:
    last = MIDNIGHT - timedelta(days=silent_days)
    for one in range(56 // days_apart):
        shop.label(3, last - timedelta(days=one * days_apart), source=source)
    for day in range(90):
        shop.label(1, MIDNIGHT - timedelta(days=day))
    shop.alert("frauds", stream="realised", days_ago=22)

    assert bool(shop.tick().run_requests) is is_due


def test_chargebacks_that_come_again_ask_for_the_training_that_waited(shop: Shop) -> None:
    for day in range(20, 80):
        shop.label(1, MIDNIGHT - timedelta(days=day), source="chargeback")
    shop.label(1, MIDNIGHT)
    shop.alert("recall", stream="realised", days_ago=22)
    assert not shop.tick().run_requests
    shop.label(1, MIDNIGHT, source="chargeback")
    assert shop.tick().run_requests


def test_who_stopped_before_the_champion_learnt_is_not_missed(shop: Shop) -> None:
    for day in range(60, 120):
        shop.label(1, MIDNIGHT - timedelta(days=day), source="chargeback")
    shop.label(1, MIDNIGHT)
    shop.alert("recall", stream="realised", days_ago=22)
    assert shop.tick().run_requests


def test_a_registry_that_is_down_skips_the_tick(database_url, monkeypatch) -> None:
    shop = Shop(database_url, Registry(MIDNIGHT, is_down=True), monkeypatch)

    assert "no answer from MLflow" in str(shop.tick().skip_reason)


def test_weekly_training_is_skipped_where_the_champion_knows_everything(shop: Shop, monkeypatch) -> None:
    schedule = weekly_retraining(ModelName.FRAUD)

    def ask(until: datetime) -> object:
        monkeypatch.setattr(WarehouseResource, "data_until", lambda _: until)
        context = dg.build_schedule_context(scheduled_execution_time=MIDNIGHT, resources=shop.resources)
        return schedule(context)

    assert isinstance(ask(MIDNIGHT - timedelta(days=1)), dg.SkipReason)
    assert isinstance(ask(MIDNIGHT), dg.RunRequest)


def test_nothing_trains_by_itself_until_somebody_switches_it_on() -> None:
    assert {sensor.default_status for sensor in SENSORS} == {dg.DefaultSensorStatus.STOPPED}
    assert weekly_retraining(ModelName.TAGGING).default_status is dg.DefaultScheduleStatus.STOPPED
