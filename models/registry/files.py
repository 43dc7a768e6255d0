"""A version's files on this machine: complete and as registered, or not there at all."""

import os
import shutil
import tempfile
from pathlib import Path

from marketplace.errors import ConflictError, ModelUnavailableError
from models.registry.content import content_hash
from models.registry.rest import ModelVersion, RestClient

SNAPSHOT_TAG, SNAPSHOT_LET_GO_TAG, CONTENT_TAG = "snapshot", "snapshot_let_go_at", "content_hash"
_MODEL_FOLDER, SNAPSHOT_FOLDER = "model", "snapshot"


def fetch_model(rest: RestClient, version: ModelVersion, cache_dir: Path) -> Path:
    """The folder with the version's files below `cache_dir`, downloaded unless it is there as registered.

    Raises:
        ModelUnavailableError: the registry does not answer, or files are missing, cut short or not those registered.
    """
    target = cache_dir / version.name / version.key
    if target.exists() and not _is_altered(version, target):
        return target
    shutil.rmtree(target, ignore_errors=True)
    _download(rest, version, version.run_id, _MODEL_FOLDER, target)
    if _is_altered(version, target):
        shutil.rmtree(target, ignore_errors=True)
        raise ModelUnavailableError(
            f"the files of {version.name} version {version.version} are not those that were registered: somebody changed them, "
            "or the store did; put them back, or promote another version"
        )
    return target


def snapshot_reference(run_id: str) -> str:
    """The value of a version's `snapshot` tag: where the rows lie that it was trained on."""
    return f"runs:/{run_id}/{SNAPSHOT_FOLDER}"


def fetch_snapshot(rest: RestClient, version: ModelVersion, folder: Path) -> Path:
    """The folder, made anew as `folder`, with what the version was trained on.

    Raises:
        ConflictError: the version was registered without a snapshot, or its snapshot was let go since.
        ModelUnavailableError: the registry does not answer, or a file is missing or cut short.
    """
    reference = version.tags.get(SNAPSHOT_TAG)
    if let_go_at := version.tags.get(SNAPSHOT_LET_GO_TAG):
        raise ConflictError(
            f"version {version.version} of {version.name} cannot be trained again: the rows that it was trained on were let go "
            f"at {let_go_at}, as MARKETPLACE_SNAPSHOTS__KEEP_VERSIONS and MARKETPLACE_SNAPSHOTS__KEEP_CHAMPIONS say; its model "
            "and its figures are still there"
        )
    if not reference:
        raise ConflictError(
            f"version {version.version} of {version.name} was registered without its training set, so it cannot be "
            "trained again; versions that the pipeline trains have one"
        )
    run_id, _, path = reference.removeprefix("runs:/").partition("/")
    _download(rest, version, run_id, path, folder)
    return folder


def _download(rest: RestClient, version: ModelVersion, run_id: str, folder: str, target: Path) -> None:
    """Fill `target` with the files of a run below `folder`; under another name, renamed when complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{version.key}-", dir=target.parent))
    try:
        files = list(rest.files(run_id, folder))
        if not files:
            raise ModelUnavailableError(
                f"version {version.version} of {version.name} has no files below {folder!r} in run {run_id}; "
                "train and promote a new version"
            )
        for path, size in files:
            written = rest.download(run_id, path, partial / Path(path).relative_to(folder))
            if written != size:
                raise ModelUnavailableError(
                    f"{path!r} of {version.name} version {version.version}: {written} of {size} bytes came; try again"
                )
        os.replace(partial, target)
    except OSError:
        if not target.exists():  # otherwise another process was first: its copy is as good
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _is_altered(version: ModelVersion, folder: Path) -> bool:
    registered = version.tags.get(CONTENT_TAG)
    return registered is not None and content_hash(folder) != registered
