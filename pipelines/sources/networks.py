"""Where addresses of the internet stand: `shop.networks` from a table of ranges, as DB-IP gives one away.

Such a file has no heading: first and last address, then of a country table the country, of a city table the continent, country,
region, city, latitude and longitude. The table replaces what another file said; the simulation's made-up networks stay.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, summarize_address_range
from pathlib import Path

import psycopg

from marketplace.errors import InvalidInputError
from pipelines.sources.text_files import opened

_CITY_CELLS = 8
_COUNTRY_CELLS = 3
# Ranges that belong to nobody are told by this country.
_NOWHERE = "ZZ"
Network = tuple[str, str, str | None, float | None, float | None]


@dataclass(frozen=True)
class NetworksLoaded:
    """How many networks are known now, and how many lines of the file could not be read, with the first of them."""

    networks: int
    left_out: int
    first_left_out: str | None


def load_networks(path: Path, database_url: str) -> NetworksLoaded:
    """Replace what `shop.networks` knows of real networks by the ranges of a file, in one transaction.

    Raises:
        InvalidInputError: not one line is such a range.
    """
    refused: list[str] = []
    with psycopg.connect(database_url) as connection:
        connection.execute("create temporary table arriving (like shop.networks including defaults) on commit drop")
        columns = "network, country_code, city, latitude, longitude"
        with connection.cursor().copy(f"copy arriving ({columns}) from stdin") as copy:
            for network in _networks(path, refused):
                copy.write_row(network)
        connection.execute("delete from shop.networks where not is_simulated")
        found = connection.execute(
            f"insert into shop.networks ({columns}) select {columns} from arriving on conflict (network) do nothing"
        )
        if not found.rowcount:
            raise InvalidInputError(
                f"{path.name} has no range of addresses" + (f"; {refused[0]}" if refused else "")
                + "; give the CSV of a DB-IP country or city table"
            )  # fmt: skip
        return NetworksLoaded(found.rowcount, len(refused), refused[0] if refused else None)


def _networks(path: Path, refused: list[str]) -> Iterator[Network]:
    with opened(path) as text:
        for number, cells in enumerate(csv.reader(text), start=1):
            try:
                yield from _of_range(cells)
            except ValueError as error:
                refused.append(f"line {number}: {error}")


def _of_range(cells: list[str]) -> Iterator[Network]:
    if len(cells) not in (_COUNTRY_CELLS, _CITY_CELLS):
        raise ValueError(f"has {len(cells)} cells, not {_COUNTRY_CELLS} or {_CITY_CELLS}")
    is_city = len(cells) == _CITY_CELLS
    country = cells[3] if is_city else cells[2]
    if not (len(country) == 2 and country.isascii() and country.isupper()):
        raise ValueError(f"{country!r} is no country of two capital letters")
    city, latitude, longitude = (cells[5] or None, float(cells[6]), float(cells[7])) if is_city else (None, None, None)
    if country != _NOWHERE:
        for network in summarize_address_range(ip_address(cells[0]), ip_address(cells[1])):  # type: ignore[type-var]
            yield str(network), country, city, latitude, longitude
