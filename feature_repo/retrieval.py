"""Features for everybody else: `training_set`, `online`, `online_soon`, `push_session_events`, `materialize`, `apply`.

Plain functions over the marketplace that the settings name. Nothing is imported or opened before the first call, Feast's
own import takes seconds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from marketplace.settings import Settings, load_settings

if TYPE_CHECKING:
    import pandas as pd

    from feature_repo.reader import FeatureReader


@lru_cache(maxsize=8)
def _reader_of(database_url: str) -> "FeatureReader":
    from feature_repo.reader import FeatureReader

    return FeatureReader(Settings(database={"url": database_url}))  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def _running_reader() -> "FeatureReader":
    return _reader_of(load_settings().database_url())


def reader(settings: Settings | None = None) -> "FeatureReader":
    """The feature store of these settings, the same object for the same database; by default of the running marketplace."""
    return _running_reader() if settings is None else _reader_of(settings.database_url())


def training_set(service: str, labels: "pd.DataFrame", *, settings: Settings | None = None) -> "pd.DataFrame":
    """`labels`, row for row, with the service's features as known at each `event_timestamp`; null where unknown."""
    return reader(settings).training_set(service, labels)


def online(service: str, entities: Sequence[Mapping[str, Any]], *, settings: Settings | None = None) -> list[dict[str, Any]]:
    """The service's features now, per entity in the order asked; entities carry request data where it has on-demand ones."""
    return reader(settings).online(service, entities)


async def online_soon(service: str, entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What `online` says of the running marketplace, for who shares an event loop."""
    return await reader().online_soon(service, entities)


def push_session_events(frame: "pd.DataFrame", *, settings: Settings | None = None) -> None:
    """Make visits' newest values readable at once; `frame` has the columns of `session_activity`."""
    reader(settings).push_session_events(frame)


def materialize(until: datetime, *, settings: Settings | None = None) -> dict[str, tuple[datetime, datetime]]:
    """Bring the latest values up to `until` to the online store; the stretch of event time covered, per view."""
    return reader(settings).materialize(until)


def apply(*, settings: Settings | None = None) -> list[str]:
    """Register every definition; the names of the views."""
    return reader(settings).apply()
