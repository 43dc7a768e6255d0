"""`python -m storefront_api.migrations`: the marketplace database that the settings name, brought up to date."""

from marketplace.settings import load_settings
from storefront_api.migrations import migrate

if __name__ == "__main__":
    migrate(load_settings().sqlalchemy_url())
