"""What happens to the slot when versions come, break and go, with a registry that a test can switch off."""

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from marketplace.errors import ModelUnavailableError
from marketplace.vocabulary import ModelName
from models.fraud import FraudModel
from models.registry import ModelVersion
from serving.challenger import Challenger
from serving.champion import Champion
from tests.serving.tiny_models import fraud_model


@dataclass
class SwitchableRegistry:
    """Copies versions out of `store`; `is_down` makes every call fail as a dead server does."""

    store: Path
    cache_dir: Path
    champion: str | None = None
    challenger: str | None = None
    refused: set[str] = field(default_factory=set)
    is_down: bool = False
    fetched: list[str] = field(default_factory=list)

    def resolve(self, name: str, alias: str = "champion") -> ModelVersion | None:
        self._answer()
        number = self.champion if alias == "champion" else self.challenger
        return _version(number, refused=number in self.refused) if number else None

    def fetch(self, version: ModelVersion, cache_dir: Path) -> Path:
        self._answer()
        self.fetched.append(version.version)
        target = cache_dir / version.name / version.key
        shutil.copytree(self.store / version.version, target, dirs_exist_ok=True)
        return target

    def _answer(self) -> None:
        if self.is_down:
            raise ModelUnavailableError("no answer")


@pytest.fixture(scope="module")
def model() -> FraudModel:
    return fraud_model()


@pytest.fixture
def registry(tmp_path: Path, model: FraudModel) -> SwitchableRegistry:
    """Versions 1 and 2 are good, 3 lacks a file, 4 was trained on other features, 5 holds rubbish."""
    store = tmp_path / "store"
    for number in range(1, 6):
        model.save(store / str(number))
    (store / "3" / "anomaly.npz").unlink()
    about = store / "4" / "fraud.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), "features": ["another"]}))
    (store / "5" / "classifier.txt").write_text("not a tree")
    return SwitchableRegistry(store, tmp_path / "cache")


def test_without_any_version_the_slot_says_what_to_do(registry):
    champion = _champion(registry)
    champion.look()

    with pytest.raises(ModelUnavailableError, match="marketplace run --only fraud"):
        _ = champion.current


def test_a_promoted_version_takes_the_slot_and_is_fetched_once(registry):
    champion = _champion(registry)
    registry.champion = "1"
    champion.look()
    champion.look()

    assert champion.current[0] == "1"
    assert registry.fetched == ["1"]


def test_another_champion_and_a_rollback_are_both_followed(registry):
    champion = _champion(registry)
    for version in ("1", "2", "1"):
        registry.champion = version
        champion.look()
        assert champion.current[0] == version


@pytest.mark.parametrize("broken", ["3", "4", "5"])
def test_a_broken_champion_leaves_the_good_one_at_work_and_is_not_tried_again(registry, broken):
    champion = _champion(registry)
    registry.champion = "1"
    champion.look()
    good = champion.current

    registry.champion = broken
    champion.look()
    champion.look()

    assert champion.current is good
    assert registry.fetched == ["1", broken]


def test_a_model_that_loads_but_cannot_answer_is_rejected(registry, monkeypatch):
    champion = _champion(registry)
    registry.champion = "1"
    monkeypatch.setattr(FraudModel, "score", lambda self, rows: 1 / 0)
    champion.look()

    with pytest.raises(ModelUnavailableError):
        _ = champion.current


def test_a_registry_that_goes_away_changes_nothing(registry):
    champion = _champion(registry)
    registry.champion = "1"
    champion.look()

    registry.is_down = True
    champion.look()
    assert champion.current[0] == "1"

    registry.is_down = False
    registry.champion = "2"
    champion.look()
    assert champion.current[0] == "2"


def test_a_restart_without_a_registry_serves_the_last_good_version(registry):
    first = _champion(registry)
    registry.champion = "2"
    first.look()
    registry.is_down = True

    second = _champion(registry)
    _start_once(second)

    assert second.current[0] == "2"


def test_a_restart_with_a_broken_champion_serves_the_last_good_version(registry):
    first = _champion(registry)
    registry.champion = "2"
    first.look()
    registry.champion = "3"

    second = _champion(registry)
    _start_once(second)

    assert second.current[0] == "2"


def test_a_start_with_nothing_at_all_is_over_and_not_warm(registry):
    registry.is_down = True
    champion = _champion(registry)
    _start_once(champion)

    assert champion.has_looked
    with pytest.raises(ModelUnavailableError):
        _ = champion.current


def test_a_broken_copy_of_the_last_good_version_is_fetched_again_when_the_registry_answers(registry):
    first = _champion(registry)
    registry.champion = "2"
    first.look()
    (registry.cache_dir / ModelName.FRAUD / _version("2").key / "fraud.json").write_text("{")
    registry.is_down = True
    second = _champion(registry)
    _start_once(second)
    with pytest.raises(ModelUnavailableError):
        _ = second.current

    registry.is_down = False
    second.look()

    assert second.current[0] == "2"


def test_the_status_says_what_serves_what_should_and_since_when_not(registry):
    champion = _champion(registry)
    assert champion.status.version is champion.status.looked_at is champion.status.problem is None
    champion.look()
    assert champion.status.problem.kind == "no_champion"
    registry.champion = "1"
    champion.look()
    good = champion.status
    assert (good.model, good.version, good.problem) == ("fraud", "1", None)
    assert good.loaded_at <= good.looked_at

    registry.champion = "5"
    champion.look()
    first = champion.status
    champion.look()
    again = champion.status
    assert (first.version, first.problem.kind, first.problem.version) == ("1", "rejected", "5")
    assert first.problem.reason
    assert again.problem.since == first.problem.since
    assert again.looked_at > first.looked_at

    registry.champion = "1"
    champion.look()
    assert champion.status.problem is None


@pytest.mark.parametrize(("call", "kind", "wanted"), [("resolve", "registry_unavailable", None), ("fetch", "not_fetched", "2")])
@pytest.mark.parametrize("error", [ModelUnavailableError("no answer"), OSError("no space left"), ValueError("not JSON")])
def test_whatever_a_look_runs_into_is_said_and_gone_when_the_next_goes_well(registry, monkeypatch, call, kind, wanted, error):
    champion = _champion(registry)
    registry.champion = "1"
    champion.look()
    registry.champion = "2"

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(registry, call, fail)
        champion.look()
    assert champion.current[0] == "1"
    problem = champion.status.problem
    assert (problem.kind, problem.version) == (kind, wanted)
    assert str(error) in problem.reason

    champion.look()
    assert champion.status.problem is None
    assert champion.current[0] == "2"


def test_old_versions_are_deleted_but_not_the_one_at_work(registry, model):
    champion = _champion(registry)
    for number in range(6, 12):
        model.save(registry.store / str(number))
        registry.champion = str(number)
        champion.look()

    kept = {folder.name for folder in (registry.cache_dir / ModelName.FRAUD).iterdir() if folder.is_dir()}
    assert _version("11").key in kept
    assert len(kept) == 3


def test_the_challenger_is_loaded_only_when_somebody_asks_and_let_go_when_nobody_does_any_more(registry):
    registry.champion, registry.challenger = "1", "2"
    clock = Clock()
    challenger = _challenger(registry, clock)
    assert registry.fetched == ["1"]

    assert challenger.slot() is None, "the first question only sets the loading going"
    assert challenger.wait_until_looked(20)
    slot = challenger.slot()
    assert slot is not None
    assert slot[0] == "2"

    clock.seconds = 899
    assert not challenger.is_idle()
    clock.seconds = 900
    assert challenger.is_idle()
    challenger.stop()
    assert challenger._slot is None


@pytest.mark.parametrize("reason", ["nobody has the alias", "it is the champion", "the checks refused it"])
def test_a_challenger_that_cannot_be_tried_leaves_its_slot_empty(registry, reason):
    registry.champion = "1"
    registry.challenger = {"nobody has the alias": None, "it is the champion": "1"}.get(reason, "2")
    registry.refused = {"2"} if reason == "the checks refused it" else set()
    challenger = _challenger(registry, Clock())
    challenger.look()

    assert challenger._slot is None
    assert registry.fetched == ["1"]


def test_a_challenger_that_is_refused_or_promoted_later_leaves_and_a_broken_one_does_not_come(registry):
    registry.champion, registry.challenger = "1", "2"
    challenger = _challenger(registry, Clock())
    challenger.look()
    registry.challenger = "5"
    challenger.look()
    registry.is_down = True
    challenger.look()
    assert challenger._slot is not None
    assert challenger._slot[0] == "2", "the last good one stays"

    registry.is_down, registry.challenger, registry.refused = False, "2", {"2"}
    challenger.look()
    assert challenger._slot is None


@dataclass
class Clock:
    """Seconds that a test sets."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def _challenger(registry: SwitchableRegistry, clock: Clock) -> Challenger[FraudModel]:
    champion = _champion(registry)
    champion.look()
    return Challenger(
        champion,
        FraudModel.load,
        registry=registry,  # type: ignore[arg-type]
        cache_dir=registry.cache_dir / "challengers",
        poll=timedelta(hours=1),
        clock=clock,
    )


def _champion(registry: SwitchableRegistry) -> Champion[FraudModel]:
    return Champion(
        ModelName.FRAUD,
        FraudModel.load,
        registry=registry,  # type: ignore[arg-type]
        cache_dir=registry.cache_dir,
        poll=timedelta(hours=1),
    )


def _start_once(champion: Champion[FraudModel]) -> None:
    champion.start()
    assert champion.wait_until_looked(20)
    champion.stop()


def _version(number: str, *, refused: bool = False) -> ModelVersion:
    tags = {"verdict": "refused"} if refused else {}
    return ModelVersion(
        ModelName.FRAUD, number, run_id=f"run{number}", source="", created_at=datetime(2026, 1, 1, tzinfo=UTC), tags=tags
    )
