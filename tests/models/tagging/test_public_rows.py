"""The table of public data prints what tagging measured, also where its bar does not hold."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import public_tables, tagging
from models.tagging.own_table.products import Products


def test_rows_hold_the_figures_of_a_bar_that_is_missed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Labels that no title tells: nobody can be sure of most, so the bar cannot hold."""
    titles = np.array([f"thing {number}" for number in range(60)], dtype=object)
    products = Products(titles, np.array(["one", "other", "third"] * 20, dtype=object), titles, titles)
    monkeypatch.setattr(tagging, "judged_tables", lambda *_: iter([("flipkart level 1", products), ("fashion colour", products)]))
    monkeypatch.setattr(public_tables, "_DRAWS", [1])
    monkeypatch.setattr(tagging, "_DRAWS", 20)
    (row,) = public_tables.TABLES["flipkart"](tmp_path, tmp_path)
    (judged,) = tagging.labels(tmp_path, [1], "flipkart", None)
    assert (row.table, row.measure, row.holds) == ("flipkart level 1", "macro_f1", False)
    assert (float(row.ours), row.peer) == (pytest.approx(judged.ours, abs=1e-3), f"{tagging.PEER} {judged.peer:.3f}")
    assert row.bar.startswith("+0.005 on it, ")
    assert f"{judged.gain['value']:+.3f}" in row.bar
