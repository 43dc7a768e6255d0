"""MLflow's REST API as far as we need it: versions, aliases, tags, runs and files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx

from marketplace.errors import ConflictError, InvalidInputError, ModelUnavailableError, NotFoundError

_API = "/api/2.0/mlflow"
_PAGE = 200


class Alias(StrEnum):
    """Names that point at one version of a model."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


@dataclass(frozen=True)
class ModelVersion:
    """One registered version: its run holds the metrics, `source` says where its files lie."""

    name: str
    version: str
    run_id: str
    source: str
    created_at: datetime
    tags: dict[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A folder name that no other version ever has, even after the registry was emptied and counts from 1 again."""
        return f"{self.version}-{self.run_id[:12]}"


class RestClient:
    """Calls to one MLflow server; every failure to reach it is a `ModelUnavailableError`."""

    def __init__(self, tracking_uri: str, *, timeout: float = 5.0) -> None:
        self.tracking_uri = tracking_uri.rstrip("/")
        self._http = httpx.Client(base_url=self.tracking_uri, timeout=timeout)

    def version_by_alias(self, name: str, alias: str) -> ModelVersion | None:
        """The version that an alias points at, None where the model or the alias does not exist."""
        try:
            found = self._call("GET", "/registered-models/alias", name=name, alias=alias)
        except (NotFoundError, InvalidInputError):  # MLflow: 404 for an unknown model, 400 for an unknown alias
            return None
        return _version(found["model_version"])

    def version(self, name: str, version: str) -> ModelVersion:
        """One version.

        Raises:
            NotFoundError: the model has no such version.
        """
        return _version(self._call("GET", "/model-versions/get", name=name, version=version)["model_version"])

    def versions(self, name: str) -> list[ModelVersion]:
        """Every version, newest first; empty for a model that was never logged."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page = self._call("GET", "/model-versions/search", filter=f"name='{name}'", max_results=_PAGE, **_token(token))
            found += page.get("model_versions", [])
            token = page.get("next_page_token", "")
            if not token:
                break
        aliases = self._aliases(name) if found else {}
        versions = [_version(row, aliases.get(str(row["version"]), ())) for row in found]
        return sorted(versions, key=lambda version: int(version.version), reverse=True)

    def metrics(self, run_id: str) -> dict[str, float]:
        """The figures logged with a run, by name."""
        data = self._call("GET", "/runs/get", run_id=run_id)["run"]["data"]
        return {metric["key"]: float(metric["value"]) for metric in data.get("metrics", [])}

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Point `alias` at `version`, away from where it pointed."""
        self._call("POST", "/registered-models/alias", name=name, alias=alias, version=version)

    def set_tag(self, name: str, version: str, key: str, value: str) -> None:
        """Write one tag of a version."""
        self._call("POST", "/model-versions/set-tag", name=name, version=version, key=key, value=value)

    def tags(self, name: str) -> dict[str, str]:
        """The tags of a model as such, empty where it was never registered."""
        try:
            model = self._call("GET", "/registered-models/get", name=name)["registered_model"]
        except NotFoundError:
            return {}
        return {tag["key"]: tag["value"] for tag in model.get("tags", [])}

    def set_model_tag(self, name: str, key: str, value: str) -> None:
        """Write one tag of a model as such."""
        self._call("POST", "/registered-models/set-tag", name=name, key=key, value=value)

    def ensure_model(self, name: str) -> None:
        """Register a model without a version, unless it is there."""
        try:
            self._call("GET", "/registered-models/get", name=name)
        except NotFoundError:
            self._call("POST", "/registered-models/create", name=name)

    def artefact_uri(self, run_id: str) -> str:
        """Where the files of a run lie, as the server names it."""
        return str(self._call("GET", "/runs/get", run_id=run_id)["run"]["info"]["artifact_uri"])

    def files(self, run_id: str, folder: str) -> Iterator[tuple[str, int]]:
        """Path and size of every file of a run below `folder`, sub-folders included."""
        listed = self._call("GET", "/artifacts/list", run_id=run_id, path=folder)
        for entry in listed.get("files", []):
            if entry.get("is_dir"):
                yield from self.files(run_id, entry["path"])
            else:
                yield entry["path"], int(entry.get("file_size", 0))

    def download(self, run_id: str, path: str, target: Path) -> int:
        """The number of bytes written to `target` from one file of a run."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._http.stream("GET", "/get-artifact", params={"run_uuid": run_id, "path": path}) as response:
                if response.is_error:
                    raise ModelUnavailableError(
                        f"MLflow answered {response.status_code} for {path!r} of run {run_id}; "
                        "its artefacts may have been deleted: train and promote a new version"
                    )
                with target.open("wb") as file:
                    return sum(file.write(chunk) for chunk in response.iter_bytes())
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def _aliases(self, name: str) -> dict[str, tuple[str, ...]]:
        model = self._call("GET", "/registered-models/get", name=name)["registered_model"]
        found: dict[str, tuple[str, ...]] = {}
        for entry in model.get("aliases", []):
            version = str(entry["version"])
            found[version] = (*found.get(version, ()), entry["alias"])
        return found

    def _call(self, method: str, route: str, /, **arguments: Any) -> dict[str, Any]:
        sent = {"params": arguments} if method == "GET" else {"json": arguments}
        try:
            response = self._http.request(method, _API + route, **sent)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if response.is_success:
            return dict(response.json())
        message = _message(response)
        if response.status_code == httpx.codes.NOT_FOUND:
            raise NotFoundError(message)
        if response.status_code == httpx.codes.CONFLICT:
            raise ConflictError(message)
        if response.status_code == httpx.codes.BAD_REQUEST:
            raise InvalidInputError(message)
        raise ModelUnavailableError(f"MLflow at {self.tracking_uri} answered {response.status_code}: {message}")

    def _unreachable(self, error: httpx.HTTPError) -> ModelUnavailableError:
        return ModelUnavailableError(
            f"no answer from MLflow at {self.tracking_uri} ({type(error).__name__}: {error}); "
            "start it with `marketplace up` or set MARKETPLACE_MLFLOW__HOST and MARKETPLACE_MLFLOW__PORT"
        )


def _token(token: str) -> dict[str, str]:
    return {"page_token": token} if token else {}


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]


def _version(row: dict[str, Any], aliases: tuple[str, ...] = ()) -> ModelVersion:
    return ModelVersion(
        name=row["name"],
        version=str(row["version"]),
        run_id=row.get("run_id", ""),
        source=row.get("source", ""),
        created_at=datetime.fromtimestamp(int(row["creation_timestamp"]) / 1000, UTC),
        tags={tag["key"]: tag["value"] for tag in row.get("tags", [])},
        aliases=aliases or tuple(row.get("aliases", ())),
    )
