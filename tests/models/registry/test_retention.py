"""Which versions keep their training rows, worked by hand; and what is left of those that do not, on a real MLflow."""

from datetime import UTC, datetime

import pytest
from mlflow import MlflowClient

from marketplace.errors import ConflictError, ModelUnavailableError
from marketplace.vocabulary import ModelName
from models import tagging
from models.registry import Alias, ModelRegistry, ModelVersion, Retention, artefact_store, data_hash
from models.registry.history import Action, Move
from models.registry.reproduction import register_again, reproduce
from models.registry.retention import snapshots_to_let_go
from models.registry.snapshot import as_stored
from tests.models.tagging.factories import NOON, make_set

NAME = ModelName.TAGGING
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def version(number: int, *aliases: str, rows_of: int | None = None, **tags: str) -> ModelVersion:
    snapshot = f"runs:/run{rows_of or number}/snapshot"
    return ModelVersion(NAME, str(number), f"run{number}", "", AT, {"snapshot": snapshot, **tags}, aliases)


def promoted(*numbers: int) -> list[Move]:
    """Each in the place of the one before."""
    pairs = zip(("", *map(str, numbers)), map(str, numbers), strict=False)
    return [Move(Action.PROMOTE, number, before, AT, "ana", "") for before, number in pairs]


def let_go(versions: list[ModelVersion], moves: list[Move], newest: int, champions: int) -> list[str]:
    return [one.version for one in snapshots_to_let_go(versions, moves, Retention(newest, champions))]


def test_champion_challenger_the_newest_and_the_last_champions_keep_their_rows() -> None:
    versions = [version(number, *{8: ["champion"], 10: ["challenger"]}.get(number, ())) for number in range(1, 11)]
    moves = promoted(1, 3, 5, 8)

    assert let_go(versions, moves, 1, 1) == ["1", "2", "3", "4", "5", "6", "7", "9"]
    assert let_go(versions, moves, 3, 2) == ["1", "2", "3", "4", "6", "7"]
    assert let_go(versions, moves, 1, 9) == ["2", "4", "6", "7", "9"]


def test_what_a_rollback_returns_to_first_keeps_its_rows_and_so_does_what_it_came_from() -> None:
    versions = [version(number, *{3: ["champion"]}.get(number, ())) for number in range(1, 11)]
    moves = [*promoted(1, 3, 5), Move(Action.ROLLBACK, "3", "5", AT, "ana", "")]

    assert let_go(versions, moves, 1, 2) == ["2", "4", "6", "7", "8", "9"]


def test_rows_that_a_kept_version_shares_stay_and_what_is_gone_is_not_named_again() -> None:
    again = version(4, "champion", rows_of=1)
    versions = [version(1), version(2), version(3, snapshot_let_go_at="2026-02-01"), again]

    assert let_go(versions, promoted(4), 1, 1) == ["2"]


@pytest.fixture
def registry(mlflow_url: str) -> ModelRegistry:
    registry = ModelRegistry(mlflow_url)
    if registry.versions(NAME):  # another test's
        MlflowClient(mlflow_url).delete_registered_model(NAME)
    return registry


def logged(registry: ModelRegistry, count: int) -> list[str]:
    """So many versions of one small tagger, each with its rows."""
    config = tagging.TaggingConfig()
    training_set = as_stored(make_set(), config)
    model, evaluation = tagging.train(training_set, config), tagging.evaluate(training_set, config)
    given = {"model_card": "# Small", "feature_service": "none", "training_cutoff": NOON, "row_count": 48, "config": config}
    digest = data_hash(training_set)
    return [
        registry.log_challenger(NAME, model, evaluation, data_hash=digest, training_set=training_set, **given)
        for _ in range(count)
    ]


def has_rows(registry: ModelRegistry, number: str) -> bool:
    return bool(list(registry._rest.files(registry.version(NAME, number).run_id, "snapshot")))


def test_old_rows_are_deleted_once_and_nothing_else_is_touched(registry, tmp_path, monkeypatch) -> None:
    first, second, third, fourth = logged(registry, 4)
    registry.promote(NAME, first)
    registry.promote(NAME, third)
    keep = Retention(versions=1, champions=1)
    assert [one.version for one in registry.snapshots_to_let_go(NAME, keep)] == [first, second]

    # A store that is away: nothing is marked, and it is tried again.
    with monkeypatch.context() as broken:
        broken.setattr(artefact_store, "delete_folder", _refuse)
        with pytest.raises(ModelUnavailableError, match="away"):
            registry.let_go_of_snapshots(NAME, keep)
    assert "snapshot_let_go_at" not in registry.version(NAME, first).tags

    assert [one.version for one in registry.let_go_of_snapshots(NAME, keep)] == [first, second]
    assert [has_rows(registry, number) for number in (first, second, third, fourth)] == [False, False, True, True]
    assert registry.let_go_of_snapshots(NAME, keep) == []
    with pytest.raises(ConflictError, match=rf"version {first} of tagging cannot be trained again.* were let go at 20"):
        reproduce(registry, NAME, first)
    assert registry.rollback(NAME).version == first
    assert registry.load(NAME, Alias.CHAMPION, cache_dir=tmp_path).tag(["a mug"], [""])
    assert registry.metrics(registry.version(NAME, second))
    assert reproduce(registry, NAME, third).is_equal


def _refuse(*_: str) -> None:
    raise OSError("the store is away")


def test_rows_shared_with_a_kept_version_stay_and_a_tag_that_leads_elsewhere_deletes_nothing(registry) -> None:
    (first,) = logged(registry, 1)
    again = register_again(registry, reproduce(registry, NAME, first))
    registry.promote(NAME, again)
    assert registry.let_go_of_snapshots(NAME, Retention(1, 1)) == []

    (newest,) = logged(registry, 1)
    registry.promote(NAME, newest)
    registry._rest.set_tag(NAME, first, "snapshot", f"runs:/{registry.version(NAME, first).run_id}/model")
    with pytest.raises(ConflictError, match="correct its tag"):
        registry.let_go_of_snapshots(NAME, Retention(1, 1))
    assert list(registry._rest.files(registry.version(NAME, first).run_id, "model"))
