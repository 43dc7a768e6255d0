"""The MLflow registry of models."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from marketplace.errors import MarketplaceError, ModelUnavailableError
from marketplace.settings import load_settings

if TYPE_CHECKING:
    from models.registry import ModelRegistry, ModelVersion


class ModelRegistryResource(dg.ConfigurableResource):
    """Gives assets the registry that MLflow keeps at `tracking_uri`; fetched versions are kept in the state folder."""

    tracking_uri: str

    def open(self) -> "ModelRegistry":
        """The registry's client."""
        from models.registry import ModelRegistry

        return ModelRegistry(self.tracking_uri)

    def load_champion(self, name: str) -> Any | None:
        """The served model itself; None while there is none, or when it was made for an earlier form of this code."""
        version = self.open().resolve(name)
        try:
            return self.open().load_version(version, cache_dir=_cache_dir()) if version else None
        except (MarketplaceError, ValueError, KeyError) as error:
            dg.get_dagster_logger().warning(
                f"champion {name} {version} cannot be loaded, so nothing is compared with it: {error}"
            )
            return None

    def champion(self, name: str) -> tuple[Any, "ModelVersion"]:
        """The served model and its version.

        Raises:
            ModelUnavailableError: no version was promoted yet.
        """
        registry = self.open()
        version = registry.resolve(name)
        if version is None:
            raise ModelUnavailableError(f"{name} has no champion; train one with `marketplace run --only {name}`")
        return registry.load_version(version, cache_dir=_cache_dir()), version

    def load_both(self, name: str) -> dict[str, Any]:
        """Champion and challenger by their alias, the champion first; the challenger only where it is another version.

        Empty while there is no champion, or when a version was made for an earlier form of this code.
        """
        registry = self.open()
        champion, challenger = registry.resolve(name), registry.resolve(name, "challenger")
        versions = {"champion": champion, "challenger": challenger}
        if challenger is None or (champion is not None and challenger.version == champion.version):
            del versions["challenger"]
        try:
            return {
                alias: registry.load_version(version, cache_dir=_cache_dir()) for alias, version in versions.items() if version
            }
        except (MarketplaceError, ValueError, KeyError) as error:
            dg.get_dagster_logger().warning(f"a version of {name} cannot be loaded, so nothing is estimated: {error}")
            return {}

    def promote_challenger(self, name: str, *, by: str) -> "tuple[ModelVersion | None, str | None]":
        """The version that serves from now on, and why the newest challenger does not, if it was refused.

        The newest version that the checks judged becomes champion unless they refused it. A notebook may have registered a
        later one, which nobody judged: that waits for a person. None serves while no challenger ever passed.

        Args:
            by: the run that asks. What it refused itself may be no version: then the version before, passed and perhaps rolled
                back since, is not to take its place.
        """
        from models.registry import REFUSED, VERDICT_TAG

        registry = self.open()
        refusal = registry.last_refusal(name)
        if refusal is not None and refusal.by == by:
            return registry.resolve(name), refusal.reason
        judged = next((version for version in registry.versions(name) if VERDICT_TAG in version.tags), None)
        if judged is None:
            return registry.resolve(name), None
        reason = judged.tags.get("judgement", "")
        if judged.tags[VERDICT_TAG] == REFUSED:
            return registry.resolve(name), reason
        return registry.promote(name, judged.version, reason=reason, by=by), None

    def let_go_of_snapshots(self, name: str) -> list[str]:
        """The numbers of the versions whose training rows were deleted, since newer ones need the room.

        A store that does not delete costs room, never the run: it is tried again after the next training.
        """
        from models.registry import Retention

        keep = load_settings().snapshots
        try:
            gone = self.open().let_go_of_snapshots(name, Retention(keep.keep_versions, keep.keep_champions))
        except MarketplaceError as error:
            dg.get_dagster_logger().warning(f"old training rows of {name} stay for now: {error}")
            return []
        return [version.version for version in gone]


def _cache_dir() -> Path:
    return load_settings().state_dir / "models"
