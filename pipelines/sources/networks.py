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
    left_out = _LeftOut()
    with psycopg.connect(database_url) as connection:
        connection.execute("create temporary table arriving (like shop.networks including defaults) on commit drop")
        columns = "network, country_code, city, latitude, longitude"
        with connection.cursor().copy(f"copy arriving ({columns}) from stdin") as copy:
            for network in _networks(path, left_out):
                copy.write_row(network)
        connection.execute("delete from shop.networks where not is_simulated")
        found = connection.execute(
            f"insert into shop.networks ({columns}) select {columns} from arriving on conflict (network) do nothing"
        )
        if not found.rowcount:
            raise InvalidInputError(
                f"{path.name} has no range of addresses" + (f"; {left_out.first}" if left_out.first else "")
                + "; give the CSV of a DB-IP country or city table"
            )  # fmt: skip
        return NetworksLoaded(found.rowcount, left_out.count, left_out.first)


@dataclass
class _LeftOut:
    """Lines that could not be read: how many, and what is wrong with the first."""

    count: int = 0
    first: str | None = None

    def add(self, words: str) -> None:
        self.count += 1
        self.first = self.first or words


def _networks(path: Path, left_out: _LeftOut) -> Iterator[Network]:
    with opened(path) as text:
        for number, cells in enumerate(csv.reader(text), start=1):
            try:
                yield from _of_range(cells)
            except (ValueError, TypeError) as error:  # the latter where a range begins in IPv4 and ends in IPv6
                left_out.add(f"line {number}: {error}")


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
