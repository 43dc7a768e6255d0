"""A table of internet addresses: ranges become networks that an address finds; a newer file replaces it."""

import gzip
from pathlib import Path

import psycopg
import pytest

from marketplace.errors import InvalidInputError
from pipelines.sources.networks import load_networks

CITIES = """\
1.0.0.0,1.0.0.255,OC,AU,Queensland,Brisbane,-27.4679,153.028
103.4.145.0,103.4.147.127,AS,BD,Dhaka,Dhaka,23.7104,90.4074
2001:db8::,2001:db8::ffff,EU,DE,Berlin,Berlin,52.52,13.405
9.9.9.0,9.9.8.0,EU,CH,Zurich,Zurich,47.37,8.54
100.64.0.0,100.64.0.255,AS,ZZ,,,0,0
1.0.0.0,::1,OC,AU,,Perth,0,0
"""


def places(url: str, *addresses: str) -> list[tuple[str, str | None] | None]:
    query = (
        "select country_code, city from shop.networks where network >>= %s::inet and not is_simulated "
        "order by masklen(network) desc limit 1"
    )
    with psycopg.connect(url) as connection:
        return [connection.execute(query, (address,)).fetchone() for address in addresses]


def test_an_address_is_found_in_its_range_and_a_newer_file_replaces_it(tmp_path: Path, database_url: str) -> None:
    with gzip.open(tmp_path / "cities.csv.gz", "wt") as file:
        file.write(CITIES)
    loaded = load_networks(tmp_path / "cities.csv.gz", database_url)
    assert (loaded.left_out, loaded.first_left_out) == (2, "line 4: last IP address must be greater than first")
    asked = ("1.0.0.7", "103.4.147.5", "103.4.147.200", "2001:db8::7", "100.64.0.1")
    assert places(database_url, *asked) == [("AU", "Brisbane"), ("BD", "Dhaka"), None, ("DE", "Berlin"), None]

    (tmp_path / "countries.csv").write_text("1.0.0.0,1.0.0.255,NZ\n")
    assert load_networks(tmp_path / "countries.csv", database_url).networks == 1
    assert places(database_url, "1.0.0.7", "103.4.147.5") == [("NZ", None), None]


def test_another_file_is_refused_and_changes_nothing(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "countries.csv").write_text("1.0.0.0,1.0.0.255,NZ\n")
    load_networks(tmp_path / "countries.csv", database_url)
    (tmp_path / "orders.csv").write_text("order_id,total\no-1,3\n")
    with pytest.raises(InvalidInputError, match=r"orders.csv has no range of addresses; line 1: has 2 cells, not 3 or 8; give"):
        load_networks(tmp_path / "orders.csv", database_url)
    assert places(database_url, "1.0.0.7") == [("NZ", None)]
