"""Deleting files of a run: MLflow's client deletes whole runs only, the repository behind it also a single folder."""

from models.registry.mlflow_log import quieted


def delete_folder(tracking_uri: str, artefact_uri: str, folder: str) -> None:
    """Delete `folder` below a run's artefacts, wherever they lie; a folder that is not there is as good as deleted.

    Raises:
        OSError: the store does not answer or refuses, what it raised is the cause.
    """
    quieted()
    from mlflow.exceptions import MlflowException
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    try:
        get_artifact_repository(artefact_uri, tracking_uri=tracking_uri).delete_artifacts(folder)
    except (MlflowException, NotImplementedError) as error:
        raise OSError(f"{folder!r} of {artefact_uri} cannot be deleted: {error}") from error
