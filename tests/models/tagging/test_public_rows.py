"""The table of public data prints what tagging measured, also where its bar does not hold."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import public_tables, tagging
from models.tagging.own_table.products import Products


def test_rows_hold_the_figures_of_a_bar_that_is_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Labels that no title tells: nobody can be sure of most, so the bar cannot hold."""
    titles = np.array([f"thing {number}" for number in range(100)], dtype=object)
    names = np.array((["one", "other", "third"] * 2 + ["one", "other"] * 2) * 10, dtype=object)
    products = Products(titles, names, titles, titles)
    monkeypatch.setattr(tagging, "judged_tables", lambda *_: iter([("flipkart level 1", products), ("fashion colour", products)]))
    monkeypatch.setattr(public_tables, "_DRAWS", [1])
    monkeypatch.setattr(tagging, "_DRAWS", 20)
    rows = public_tables.TABLES["flipkart"](tmp_path, tmp_path)
    judged = tagging.labels(tmp_path, [1], "flipkart", None)
    assert [row.table for row in rows] == ["flipkart level 1, all labels", "flipkart level 1, labels of 30 products or more"]
    for row, one in zip(rows, judged, strict=True):
        assert (row.measure, row.holds) == ("macro_f1", False)
        assert (float(row.ours), row.peer) == (pytest.approx(one.ours, abs=1e-3), f"{tagging.PEER} {one.peer:.3f}")
        assert row.bar.startswith("+0.005 on it, ")
        assert f"{one.gain['value']:+.3f}" in row.bar
    assert "labels under 30 products" in capsys.readouterr().out, "told apart, without a verdict"
