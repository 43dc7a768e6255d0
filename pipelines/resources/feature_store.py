"""Feast, through the one module that may call it."""

from datetime import datetime

import dagster as dg


class FeatureStoreResource(dg.ConfigurableResource):
    """Gives assets the feature repository's functions; imported late, for Feast takes seconds to import."""

    def apply(self) -> None:
        """Register entities, views and services."""
        from feature_repo import retrieval

        retrieval.apply()

    def materialize(self, until: datetime) -> None:
        """Bring the online store up to `until`."""
        from feature_repo import retrieval

        retrieval.materialize(until)
