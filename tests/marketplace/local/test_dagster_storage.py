"""Dagster's storage over kept connections."""

import psycopg
from dagster._core.storage.dagster_run import DagsterRun

from marketplace.local.dagster_storage import Storage
from marketplace.local.postgres import EmbeddedPostgres

_OURS = "from pg_stat_activity where datname = 'dagster_kept' and pid <> pg_backend_pid()"


def test_connections_are_kept_and_replaced_when_the_server_has_closed_them(postgres: EmbeddedPostgres) -> None:
    postgres.create_databases(("dagster_kept",))
    storage = Storage(postgres.url("dagster_kept"))
    run = storage.run_storage.add_run(DagsterRun(job_name="everything", run_id="b2ee3b28-0000-4000-8000-000000000000"))
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        before = connection.execute(f"select pid {_OURS}").fetchall()
        assert storage.event_log_storage.get_logs_for_run(run.run_id) == []
        assert storage.run_storage.get_runs() == [run]
        assert connection.execute(f"select pid {_OURS}").fetchall() == before
        assert len(before) == 1

        connection.execute(f"select pg_terminate_backend(pid, 5000) {_OURS}")
        assert storage.run_storage.get_runs() == [run]
        assert storage.event_log_storage.has_asset_key_col("last_materialization_timestamp")
        assert not storage.event_log_storage.has_asset_key_col("no_such_column")
