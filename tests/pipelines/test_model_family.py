"""A family's two assets and its checks as Dagster runs them, on a real database and a real registry."""

from collections.abc import Callable
from dataclasses import replace

import dagster as dg
import psycopg
import pytest
from mlflow import MlflowClient

from marketplace.vocabulary import ModelName
from models import tagging
from models.evaluation import Metric
from models.registry import Alias, ModelRegistry
from pipelines.defs.model_family import model_family
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource
from tests.models.tagging.factories import CATEGORIES, make_products
from tests.serving.tiny_models import log, tagging_model

NAME = ModelName.TAGGING
BASELINE, CHAMPION = f"{NAME}_challenger_beats_baseline", f"{NAME}_challenger_is_no_worse_than_champion"

Run = Callable[[], dg.ExecuteInProcessResult]


@pytest.fixture
def run(database_url: str, mlflow_url: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the tagging family on a catalogue of 48 listings."""
    monkeypatch.setenv("MARKETPLACE_STATE_DIR", str(tmp_path))
    fill(database_url)
    resources = {
        "warehouse": WarehouseResource(database_url=database_url),
        "registry": ModelRegistryResource(tracking_uri=mlflow_url),
    }
    assets = model_family(NAME, deps=[["marts", "dim_products"]])
    return lambda: dg.materialize(assets, resources=resources, raise_on_error=False)


@pytest.fixture
def registry(mlflow_url: str) -> ModelRegistry:
    return ModelRegistry(mlflow_url)


def fill(database_url: str) -> None:
    """The marts that tagging reads; nobody has answered a suggestion yet."""
    products, parents = make_products(), CATEGORIES["parent_category_id"]
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        columns = "product_id text, category_id text, title text, description text, colour text, material text, occasion text"
        cursor.execute("create schema if not exists marts")
        cursor.execute(f"create table marts.dim_products ({columns}, listed_at timestamptz, title_is_generated boolean)")  # type: ignore[arg-type]
        for name in ("season", "gender", "further_values"):
            cursor.execute(f"alter table marts.dim_products add column {name} text")  # type: ignore[arg-type]
        cursor.execute("create table marts.dim_categories (category_id text, parent_category_id text, path text)")
        cursor.execute("create table marts.fct_tag_answers as select *, status as answer from shop.tag_suggestions")
        written = [*products.columns, "title_is_generated"]
        with cursor.copy(f"copy marts.dim_products ({', '.join(written)}) from stdin") as stream:  # type: ignore[arg-type]
            for row in products.astype(object).where(products.notna(), None).itertuples(index=False, name=None):
                stream.write_row((*row, False))
        with cursor.copy("copy marts.dim_categories from stdin") as stream:
            for row in CATEGORIES.assign(parent_category_id=parents.where(parents.notna(), None)).itertuples(index=False):
                stream.write_row(row)


def checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {evaluation.check_name: evaluation for evaluation in result.get_asset_check_evaluations()}


def words(result: dg.ExecuteInProcessResult, check: str) -> str:
    return str(checks(result)[check].metadata["judgement"].value)


def made(result: dg.ExecuteInProcessResult) -> list[list[str]]:
    return [list(event.asset_key.path) for event in result.get_asset_materialization_events()]


def served(result: dg.ExecuteInProcessResult) -> tuple[str, str]:
    """What `champions/tagging` says of the version that serves, and of the challenger that does not."""
    made = [event for event in result.get_asset_materialization_events() if event.asset_key == dg.AssetKey(["champions", NAME])]
    metadata = made[-1].materialization.metadata
    return str(metadata["version"].value), str(metadata["refused"].value)


def test_a_challenger_that_holds_its_ground_becomes_champion_and_one_that_does_not_leaves_it(run, registry, monkeypatch) -> None:
    # A first one, and a second of the same recipe, which ties.
    first = run()
    champion = registry.resolve(NAME)
    assert first.success
    assert made(first) == [["models", NAME], ["champions", NAME]]
    assert champion.tags["verdict"] == "passed"
    assert champion.tags["snapshot"]
    move = registry.history(NAME)[-1]
    assert (move.version, move.by, move.reason) == (champion.version, f"pipeline run {first.run_id}", champion.tags["judgement"])
    second = run()
    assert second.success
    assert f"is of the recipe of champion {champion.version}: +0.0000 [+0.0000, +0.0000]" in words(second, CHAMPION)
    champion = registry.resolve(NAME)

    # A third that is much worse than the champion: it stays a version, marked as refused.
    monkeypatch.setattr(tagging, "compare", lambda *_: Metric(-0.3, -0.4, -0.2))
    third = run()
    assert third.success, "a refusal is no fault"
    assert made(third) == [["models", NAME], ["champions", NAME]]
    assert served(third) == (champion.version, registry.last_refusal(NAME).reason)
    assert not checks(third)[CHAMPION].passed
    assert checks(third)[CHAMPION].severity is dg.AssetCheckSeverity.ERROR
    assert f"may be worse than champion {champion.version}: -0.3000 [-0.4000, -0.2000] macro_f1" in words(third, CHAMPION)
    assert registry.resolve(NAME).version == champion.version
    challenger = registry.resolve(NAME, Alias.CHALLENGER)
    assert challenger.tags["verdict"] == "refused"
    refusal = registry.last_refusal(NAME)
    assert (refusal.version, refusal.by) == (challenger.version, f"pipeline run {third.run_id}")
    assert words(third, CHAMPION) in refusal.reason

    # A fourth that is worse than its baseline: not even a version. The one before, judged well, is not promoted in its place.
    registry.promote(NAME, log(registry, NAME, tagging_model()), reason="another one")
    registry.rollback(NAME)
    registry.judge(NAME, challenger.version, passed=True, judgement="passed after all")
    known = {version.version for version in registry.versions(NAME)}
    evaluate = tagging.evaluate
    monkeypatch.setattr(
        tagging, "evaluate", lambda *arguments: replace(evaluate(*arguments), difference=Metric(-0.2, -0.3, -0.1))
    )
    fourth = run()
    assert fourth.success
    assert served(fourth) == (champion.version, words(fourth, BASELINE))
    assert "is worse than" in words(fourth, BASELINE)
    assert "not compared" in words(fourth, CHAMPION)
    assert registry.resolve(NAME).version == champion.version
    assert {version.version for version in registry.versions(NAME)} == known
    assert registry.last_refusal(NAME).reason == words(fourth, BASELINE)
    assert registry.last_refusal(NAME).version == ""


def test_a_claim_that_little_data_cannot_decide_is_a_warning_and_refuses_nobody(run, monkeypatch) -> None:
    evaluate = tagging.evaluate
    monkeypatch.setattr(tagging, "evaluate", lambda *arguments: replace(evaluate(*arguments), difference=Metric(0.1, -0.3, 0.4)))
    monkeypatch.setattr(tagging, "compare", lambda *_: Metric(float("nan")))

    result = run()

    assert result.success
    assert ["champions", NAME] in made(result)
    assert {(one.passed, one.severity) for one in checks(result).values()} == {(False, dg.AssetCheckSeverity.WARN)}


def test_a_notebooks_challenger_is_not_promoted_in_the_place_of_the_judged_one(run, registry) -> None:
    run()
    judged = registry.resolve(NAME).version
    log(registry, NAME, tagging_model())  # registered, not judged

    version, refusal = ModelRegistryResource(tracking_uri=registry.tracking_uri).promote_challenger(NAME, by="a test")

    assert (version.version, refusal) == (judged, None)


def test_a_marketplace_without_listings_trains_nothing_and_fails_nothing(run, database_url) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("truncate marts.dim_products")

    result = run()

    assert result.success
    assert made(result) == []
    assert words(result, BASELINE).startswith("not trained: 0 listings")


def test_a_first_challenger_that_is_refused_leaves_nothing_to_compute_with_and_fails_nothing(run, registry, monkeypatch) -> None:
    if registry.versions(NAME):  # another test's
        MlflowClient(registry.tracking_uri).delete_registered_model(NAME)
    evaluate = tagging.evaluate
    monkeypatch.setattr(
        tagging, "evaluate", lambda *arguments: replace(evaluate(*arguments), difference=Metric(-0.2, -0.3, -0.1))
    )

    result = run()

    assert result.success
    assert made(result) == [["models", NAME]]
    assert registry.resolve(NAME) is None
