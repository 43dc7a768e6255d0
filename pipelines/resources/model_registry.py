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

    def promote_challenger(self, name: str, *, by: str) -> str:
        """Make the newest version that the checks judged the champion, and return its number.

        A notebook may have registered a later one, which nobody judged: that waits for a person.

        Raises:
            ModelUnavailableError: no version was judged.
            ConflictError: the checks refused it.
        """
        registry = self.open()
        judged = next((version for version in registry.versions(name) if "verdict" in version.tags), None)
        if judged is None:
            raise ModelUnavailableError(f"{name} has no judged challenger; train one with `marketplace run --only {name}`")
        reason = judged.tags.get("judgement", "")
        return registry.promote(name, judged.version, reason=reason, by=by).version


def _cache_dir() -> Path:
    return load_settings().state_dir / "models"
