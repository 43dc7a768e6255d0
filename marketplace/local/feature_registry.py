"""Whether this code reads a feature service that Feast's registry does not know yet, as after an update."""

import psycopg

from marketplace.settings import Settings
from marketplace.vocabulary import FEATURE_SERVICES


def lacks_services(settings: Settings) -> bool:
    """Whether a registry in use lacks one of `FEATURE_SERVICES`; a new marketplace has none until its first run fills it."""
    with psycopg.connect(settings.database_url(), connect_timeout=5) as connection:
        if connection.execute("select to_regclass('feast_registry.feature_services')").fetchone() == (None,):
            return False
        known = {name for (name,) in connection.execute("select feature_service_name from feast_registry.feature_services")}
    return bool(known) and not known >= set(FEATURE_SERVICES.values())
