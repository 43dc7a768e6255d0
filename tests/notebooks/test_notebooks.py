"""Every notebook is executed as a data scientist would, on a running marketplace, and ends with a challenger in the registry."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from marketplace.settings import PROJECT_ROOT
from models.registry import ModelRegistry
from tests.living import Living

NOTEBOOKS = {
    "tour": "recommendation",
    "recommendation": "recommendation",
    "fraud": "fraud",
    "tagging": "tagging",
    "seller_analytics": "seller_analytics",
}


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(PROJECT_ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


def test_every_notebook_is_executed_here() -> None:
    assert {path.stem for path in Path(PROJECT_ROOT / "notebooks").glob("*.ipynb")} == set(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_defines_nothing_and_is_committed_without_outputs(name: str) -> None:
    cells = [cell for cell in read(name).cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells)
    nodes = [node for cell in cells for node in ast.walk(ast.parse(cell.source))]
    assert not [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_registers_a_challenger_and_leaves_the_champion(
    name: str, living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = NOTEBOOKS[name]
    before = versions(living, model)
    for variable, value in living.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel's own backend keeps each picture as an output
    notebook = read(name)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(PROJECT_ROOT)}}).execute()
    after = versions(living, model)
    assert after["champion"] == before["champion"]
    assert int(after["challenger"]) > int(before["challenger"])

    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    words = "".join(output.text for output in outputs if output.output_type == "stream")
    assert f"version {after['challenger']} is the challenger" in words
    assert "interval" in words  # the comparison with the champion
    assert any("image/png" in output.get("data", {}) for output in outputs)


def versions(living: Living, model: str) -> dict[str, str]:
    """Version of the model by alias."""
    registry = ModelRegistry(living.settings.mlflow.url)
    found = {alias: registry.resolve(model, alias) for alias in ("champion", "challenger")}
    return {alias: version.version for alias, version in found.items() if version is not None}
