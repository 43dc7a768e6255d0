"""How MLflow is run here: one uvicorn worker instead of the four workers and job runner that `mlflow server` starts.

The default server takes 2 GB in 15 processes; this form takes 0.3 GB in one. It hands over the server's configuration in
the private variables that `mlflow server` itself sets; the registry's tests start it for real and are the first to fail if a
new MLflow renames them.
"""

import sys
from pathlib import Path

# Answers 200 only when the backend store is open and its schema is current; `/health` answers before that.
READY_PATH = "/api/2.0/mlflow/experiments/get?experiment_id=0"


def mlflow_command(
    backend_url: str, artifacts_dir: Path, *, host: str = "127.0.0.1", port: int = 5000
) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment, to be added to the caller's own, of the tracking server and registry.

    Args:
        backend_url: SQLAlchemy URL of the `mlflow` database with the driver spelled out (`postgresql+psycopg://`);
            the schema is made or moved on before the server listens, which takes seconds.
        artifacts_dir: where artefacts lie; clients reach them through the server only.
    """
    artifacts_dir.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "marketplace.local.mlflow_app:app",
        *("--host", host, "--port", str(port)),
        *("--workers", "1", "--log-level", "warning", "--no-access-log"),
    ]
    environment = {
        "_MLFLOW_SERVER_FILE_STORE": backend_url,
        "_MLFLOW_SERVER_REGISTRY_STORE": backend_url,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": artifacts_dir.resolve().as_uri(),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }
    return command, environment
