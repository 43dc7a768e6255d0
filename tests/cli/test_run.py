"""What `marketplace run` tells a shell: all done, something failed, or only a challenger was refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from marketplace.local import control
from marketplace.settings import Settings
from pipelines import run as pipeline

WORSE = {"fraud": "may be worse than champion 3: -0.2000 [-0.3000, -0.1000] average_precision, tolerance 0.05"}


@pytest.mark.parametrize(
    ("outcome", "status", "words"),
    [
        (pipeline.Outcome(succeeded=True, refused={}), 0, ["done"]),
        (pipeline.Outcome(succeeded=True, refused=WORSE), 4, [WORSE["fraud"], "everything is fresh; not promoted: fraud"]),
        (pipeline.Outcome(succeeded=False, refused={}), 1, ["failed"]),
        (pipeline.Outcome(succeeded=False, refused=WORSE), 1, [WORSE["fraud"], "failed"]),
    ],
)
def test_a_refused_challenger_has_an_exit_status_of_its_own(outcome, status, words, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def nothing_to_start(settings: Settings, *_: Any, **__: Any) -> Iterator[Settings]:
        yield settings

    monkeypatch.setattr(control, "running_parts", nothing_to_start)
    monkeypatch.setattr("marketplace.local.environment.part_environment", lambda _: {})
    monkeypatch.setattr(pipeline, "run_pipeline", lambda *_, **__: outcome)

    result = CliRunner().invoke(app, ["run"])

    assert result.exit_code == status
    assert all(word in result.output for word in words)
