"""Every customer's list made ahead of time, as arrays on disk that many processes map into memory at once.

The pipeline publishes, the storefront reads; a list is found in a few microseconds and costs no database. A version is a
folder of its own that never changes:

    00000007/about.json      model, version, computed_at, how many customers, places and products, the widths of ids
             customers.bin   sorted ids as bytes of one width
             places.bin      customer × place: position in products.bin, -1 where a list ends
             scores.bin      customer × place: what the model said
             sources.bin     customer × place: position among the sources of about.json
             reasons.bin     customer × place: position in reasons.json
             products.bin    ids as bytes of one width
             reasons.json    each different sentence once
    current                  the name of the version that counts

It is written beside the others, flushed to disk and renamed; then `current` is replaced, so a reader sees the old version or
the new one and nothing in between, and a crash at any point leaves the old one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import orjson
import structlog
from numpy.typing import NDArray

from marketplace.errors import InvalidInputError

log = structlog.get_logger(__name__)

PLACES = 50
_KEPT = 2
_REMEMBERED = 8_192  # lists told lately, of one to three kilobytes each
_CURRENT = "current"
_BEING_WRITTEN = ".writing-"
_PER_PLACE: dict[str, np.dtype[Any]] = {
    "places": np.dtype("<i4"),
    "scores": np.dtype("<f4"),
    "sources": np.dtype("u1"),
    "reasons": np.dtype("<i4"),
}


class Placed(Protocol):
    """One place of a list."""

    @property
    def product_id(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def source(self) -> str: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True)
class Listed:
    """One place of a list as it was published; `score` orders within one list only."""

    product_id: str
    score: float
    source: str
    reason: str


def folder_of(state_dir: Path, model: str) -> Path:
    """Where the lists of a model lie."""
    return state_dir / "top_lists" / model


def publish(
    folder: Path,
    lists: Iterable[tuple[str, Sequence[Placed]]],
    *,
    model: str,
    version: str,
    computed_at: str,
    places: int = PLACES,
) -> str:
    """Write customers' lists as the version that counts from now on, and let all but the last two go; its name comes back.

    Args:
        lists: customer and list, best first, each customer once; longer lists are cut to `places`.
        computed_at: up to when the lists know what happened, in ISO 8601.
    Raises:
        InvalidInputError: a customer came twice, or an id holds a NUL character.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left_over in folder.glob(f"{_BEING_WRITTEN}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    name = f"{max((int(known) for known in _versions(folder)), default=0) + 1:08d}"
    writing = Path(tempfile.mkdtemp(prefix=_BEING_WRITTEN, dir=folder))
    _write_version(writing, lists, {"model": model, "version": version, "computed_at": computed_at}, places)
    writing.chmod(0o755)
    writing.rename(folder / name)
    _flush_folder(folder)
    pointer = folder / f"{_BEING_WRITTEN}{_CURRENT}"
    _write(pointer, name.encode())
    pointer.replace(folder / _CURRENT)
    _flush_folder(folder)
    for old in sorted(_versions(folder))[:-_KEPT]:
        shutil.rmtree(folder / old, ignore_errors=True)
    return name


@dataclass(frozen=True)
class Version:
    """One published version, mapped into memory."""

    model: str
    version: str
    computed_at: str
    sources: tuple[str, ...]
    reasons: tuple[str, ...]
    customers: NDArray[np.bytes_]
    products: NDArray[np.bytes_]
    places: NDArray[np.int32]
    scores: NDArray[np.float32]
    source_of: NDArray[np.uint8]
    reason_of: NDArray[np.int32]

    @classmethod
    def open(cls, folder: Path) -> Version:
        """The version in `folder`.

        Raises:
            OSError, ValueError, KeyError: a file is missing, or is not of the size that `about.json` says.
        """
        about: dict[str, Any] = orjson.loads((folder / "about.json").read_bytes())
        shape = (int(about["customer_count"]), int(about["places"]))
        per_place = {name: _mapped(folder / f"{name}.bin", dtype, shape) for name, dtype in _PER_PLACE.items()}
        return cls(
            model=about["model"],
            version=about["version"],
            computed_at=about["computed_at"],
            sources=tuple(about["sources"]),
            reasons=tuple(orjson.loads((folder / "reasons.json").read_bytes())),
            customers=_mapped(folder / "customers.bin", np.dtype(f"S{about['customer_width']}"), shape[:1]),
            products=_mapped(folder / "products.bin", np.dtype(f"S{about['product_width']}"), (int(about["product_count"]),)),
            places=per_place["places"],
            scores=per_place["scores"],
            source_of=per_place["sources"],
            reason_of=per_place["reasons"],
        )

    def row(self, customer_id: str) -> int | None:
        """Where a customer's list stands, None where there is none."""
        key = customer_id.encode()
        # A longer key would have every id of the file copied to its width; a NUL at the end would be cut off.
        if len(key) > self.customers.itemsize or b"\0" in key:
            return None
        at = int(self.customers.searchsorted(np.array(key, dtype=self.customers.dtype)))
        return at if at < len(self.customers) and self.customers[at] == key else None

    def of(self, customer_id: str) -> list[Listed]:
        """A customer's list, best first; empty where there is none."""
        row = self.row(customer_id)
        if row is None:
            return []
        positions, length = self._positions(row)
        columns = (self.scores[row, :length].tolist(), self.source_of[row, :length], self.reason_of[row, :length])
        return [
            Listed(product_id.decode(), score, self.sources[source], self.reasons[reason])
            for product_id, score, source, reason in zip(self.products[positions].tolist(), *columns, strict=True)
        ]

    def as_json(self, customer_id: str) -> bytes | None:
        """`{"customer_id", "model", "version", "computed_at", "product_ids", "sources"}`, None where there is no list."""
        row = self.row(customer_id)
        if row is None:
            return None
        positions, length = self._positions(row)
        return orjson.dumps(
            {
                "customer_id": customer_id,
                "model": self.model,
                "version": self.version,
                "computed_at": self.computed_at,
                # Ids with no NUL in them: joined by one, they are decoded at once.
                "product_ids": b"\0".join(self.products[positions].tolist()).decode().split("\0") if length else [],
                "sources": [self.sources[source] for source in self.source_of[row, :length].tolist()],
            }
        )

    def _positions(self, row: int) -> tuple[NDArray[np.int32], int]:
        positions = self.places[row]
        if positions[-1] < 0:
            positions = positions[: int((positions >= 0).sum())]
        return positions, len(positions)


class TopLists:
    """The lists that count now, of one model.

    A new version is opened when somebody asks after it was published; one that is broken is left alone, and the last good
    one goes on.

    Args:
        look_every: seconds for which the pointer is not looked at again: a look costs more than finding a list.
    """

    def __init__(self, folder: Path, *, look_every: float = 1.0) -> None:
        self._look_every = look_every
        self._look_at = 0.0
        self._pointer = folder / _CURRENT
        self._seen: tuple[int, int] | None = None
        self._good: Version | None = None
        self._told: Callable[[str], bytes | None] = lambda customer_id: None

    @property
    def version(self) -> Version | None:
        """The newest good version; None while there never was one."""
        now = time.monotonic()
        if now < self._look_at:
            return self._good
        self._look_at = now + self._look_every
        try:
            found = os.stat(self._pointer)
        except OSError:
            return self._good
        seen = (found.st_ino, found.st_mtime_ns)
        if seen != self._seen:
            self._open()
            self._seen = seen
        return self._good

    def of(self, customer_id: str) -> tuple[Version, list[Listed]] | None:
        """A customer's list and the version it is from, None where there is none."""
        version = self.version
        listed = version.of(customer_id) if version is not None else []
        return (version, listed) if version is not None and listed else None

    def as_json(self, customer_id: str) -> bytes | None:
        """As `Version.as_json` tells it, of the newest good version; who asks again soon is told from memory."""
        return self._told(customer_id) if self.version is not None else None

    def _open(self) -> None:
        try:
            self._good = Version.open(self._pointer.parent / self._pointer.read_text())
            self._told = lru_cache(_REMEMBERED)(self._good.as_json)
        except (OSError, ValueError, KeyError, TypeError) as error:
            served = self._good.version if self._good is not None else None
            log.warning("top_lists_broken", model=self._pointer.parent.name, error=str(error), version_served_on=served)


def _write_version(folder: Path, lists: Iterable[tuple[str, Sequence[Placed]]], about: dict[str, Any], places: int) -> None:
    customers: list[bytes] = []
    products, sources, reasons = _Numbered(), _Numbered(), _Numbered()
    names = {name: folder / f"{name}.unsorted" for name in _PER_PLACE}
    files = {name: path.open("wb") for name, path in names.items()}
    try:
        for customer_id, listed in lists:
            customers.append(_bytes(customer_id))
            kept = listed[:places]
            row: dict[str, list[Any]] = {
                "places": [products[one.product_id] for one in kept],
                "scores": [one.score for one in kept],
                "sources": [sources[one.source] for one in kept],
                "reasons": [reasons[one.reason] for one in kept],
            }
            for name, dtype in _PER_PLACE.items():
                padded = np.full(places, -1 if name == "places" else 0, dtype=dtype)
                padded[: len(kept)] = row[name]
                files[name].write(padded.tobytes())
    finally:
        for file in files.values():
            file.close()
    keys = _table(customers)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    if (keys[1:] == keys[:-1]).any():
        raise InvalidInputError(f"{int((keys[1:] == keys[:-1]).sum())} customers have two lists each; give each one list")
    for name, dtype in _PER_PLACE.items():
        table = np.fromfile(names[name], dtype=dtype).reshape(len(keys), places)
        _write(folder / f"{name}.bin", table[order].tobytes())
        names[name].unlink()
    ids = _table([_bytes(product_id) for product_id in products])
    _write(folder / "customers.bin", keys.tobytes())
    _write(folder / "products.bin", ids.tobytes())
    _write(folder / "reasons.json", orjson.dumps(list(reasons)))
    described = {
        "customer_count": len(keys),
        "customer_width": keys.itemsize,
        "product_count": len(ids),
        "product_width": ids.itemsize,
        "places": places,
        "sources": list(sources),
    }
    _write(folder / "about.json", orjson.dumps(about | described, option=orjson.OPT_INDENT_2))
    _flush_folder(folder)


class _Numbered(dict[str, int]):
    """Each different text with the place at which it first came."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]


def _versions(folder: Path) -> Iterator[str]:
    return (path.name for path in folder.iterdir() if path.name.isdecimal())


def _bytes(text: str) -> bytes:
    if "\0" in text:
        raise InvalidInputError(f"an id holds a NUL character: {text!r}; leave it out")
    return text.encode()


def _table(keys: Sequence[bytes]) -> NDArray[np.bytes_]:
    return np.array(keys, dtype=f"S{max(map(len, keys), default=1) or 1}")


def _mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The file as an array.

    Raises:
        ValueError: it is of another size.
    """
    size = dtype.itemsize * int(np.prod(shape))
    if path.stat().st_size != size:
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes, not {size}")
    # A view without memmap's own class: each access of that one costs a microsecond more. An empty file cannot be mapped.
    return np.asarray(np.memmap(path, dtype=dtype, mode="r", shape=shape)) if size else np.empty(shape, dtype=dtype)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
