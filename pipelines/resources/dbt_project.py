"""The dbt project and its manifest, parsed again when a model is newer than it."""

import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version

from marketplace.settings import PROJECT_ROOT

_FOLDER = PROJECT_ROOT / "dbt"


class Dbt(DbtCliResource):
    """dbt's command line, started once per build.

    dagster-dbt would start it before to ask for its version, and read every macro for a look at columns that nobody takes:
    five seconds of processor time in a run.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None


def dbt_project() -> DbtProject:
    """The project with a manifest that is up to date.

    `DbtProject.prepare_if_dev` does nothing outside `dagster dev`, and its preparer wants dbt on the PATH: so we look at the
    files, and parse, ourselves.
    """
    project = DbtProject(project_dir=_FOLDER, profiles_dir=_FOLDER)
    if _is_stale(project.manifest_path):
        dbt_resource(project).cli(["parse", "--quiet"], target_path=project.target_path).wait()
    return project


def dbt_resource(project: DbtProject) -> Dbt:
    """dbt's command line from our own environment, found without a PATH."""
    return Dbt(
        project_dir=str(project.project_dir), profiles_dir=str(_FOLDER), dbt_executable=str(Path(sys.executable).parent / "dbt")
    )


def _is_stale(manifest: Path) -> bool:
    if not manifest.exists():
        return True
    parsed_at = manifest.stat().st_mtime
    sources = [path for pattern in ("*.sql", "*.yml", "*.csv") for path in _FOLDER.rglob(pattern) if "target" not in path.parts]
    return any(path.stat().st_mtime > parsed_at for path in sources)
