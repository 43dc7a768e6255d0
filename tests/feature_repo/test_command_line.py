"""Feast's own command line on a database that has only been migrated, as the README says."""

import os
import subprocess
import sys
from pathlib import Path

from feature_repo import retrieval
from marketplace.settings import PROJECT_ROOT, Settings
from tests.warehouse.building import rows

FEAST = Path(sys.executable).with_name("feast")
TRIGGERS = "select tgrelid::regclass::text from pg_trigger where tgname = 'keep_newer_value' order by 1"


def test_feast_apply_works_on_a_bare_migrated_database(database_url: str) -> None:
    settings = Settings(database={"url": database_url})  # type: ignore[arg-type]
    environment = os.environ | settings.libpq_environment()
    done = subprocess.run(
        [str(FEAST), "apply"], cwd=PROJECT_ROOT / "feature_repo", env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert rows(database_url, "select count(*) from feast_registry.feature_views") == [(11,)]
    assert rows(database_url, "select count(*) from feast_registry.feature_services") == [(4,)]

    # Whoever opens the store next finds the same definitions, and guards the tables that Feast made.
    store = retrieval.reader(settings).store
    guarded = [name for (name,) in rows(database_url, TRIGGERS)]
    assert guarded == sorted(f"feast_online.marketplace_{view.name}" for view in store.list_feature_views())
