"""`python -m storefront_api.migrations`: the marketplace database that the settings name, brought up to date."""

from marketplace.settings import load_settings
from storefront_api.migrations import is_current, migrate

if __name__ == "__main__":
    settings = load_settings()
    if not is_current(settings.database_url()):
        migrate(settings.sqlalchemy_url())
