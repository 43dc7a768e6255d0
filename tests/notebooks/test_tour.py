"""The tour is executed as a data scientist would, on a running marketplace, and ends with a challenger in the registry."""

import json
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from marketplace.settings import PROJECT_ROOT
from tests.living import Living


def test_tour_registers_a_challenger_and_leaves_the_champion(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _versions(living)
    for name, value in living.environment.items():
        monkeypatch.setenv(name, value)
    path = PROJECT_ROOT / "notebooks" / "tour.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "commit notebooks without outputs"
    os.environ.setdefault("MPLBACKEND", "Agg")
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(Path(PROJECT_ROOT))}}
    ).execute()
    after = _versions(living)
    assert after["champion"] == before["champion"]
    assert int(after["challenger"]) > int(before["challenger"])


def _versions(living: Living) -> dict[str, str]:
    """Version by alias of the recommender."""
    models = json.loads(living.command("models", "compare", "recommendation", "--json"))
    return dict(models["versions"])
