"""A server that the user names: its age, and what an error shows of its address."""

import pytest

from marketplace.errors import SettingsError
from marketplace.local.databases import masked, refuse_old_server

URL = "postgresql://boss:secret@db.example:5432/marketplace"


def test_old_server_is_refused_with_both_versions_and_without_the_password() -> None:
    with pytest.raises(SettingsError, match=r"Postgres 14\.11; the marketplace needs 15 or newer") as refused:
        refuse_old_server(140_011, URL)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("version", [150_000, 150_018, 180_001])
def test_newer_servers_are_taken(version: int) -> None:
    refuse_old_server(version, URL)


def test_masked_address_keeps_all_but_the_password() -> None:
    assert masked(URL) == "postgresql://boss:***@db.example:5432/marketplace"
    assert masked("postgresql:///marketplace") == "postgresql:///marketplace"
