"""`marketplace env`: what a shell needs so that psql, dbt, Feast, MLflow and Dagster find the running marketplace."""

import shlex

import typer

_SHOWN = ("DAGSTER_HOME", "DAGSTER_POSTGRES_URL", "MLFLOW_TRACKING_URI", "BENTOML_HOME")


def env() -> None:
    """Print shell exports for psql, dbt, feast, mlflow and dagster; they hold the database password.

    Example: `eval "$(marketplace env)" && cd dbt && dbt build --select marts`
    """
    from marketplace.local.environment import QUIET, part_environment
    from marketplace.settings import load_settings

    settings = load_settings()
    everything = part_environment(settings)
    for name in (*settings.libpq_environment(), *_SHOWN, *QUIET):
        typer.echo(f"export {name}={shlex.quote(everything[name])}")
