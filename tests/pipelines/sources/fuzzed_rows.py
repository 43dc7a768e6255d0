"""A shop's own files with seeded broken rows among good ones, and the keys of those that must be kept."""

import csv
import io
from pathlib import Path
from random import Random

from tests.pipelines.sources.test_csv_shop import FILES

# What no column takes, whatever its kind; a cell of text takes some of them, so each break names its columns.
_NO_NUMBER = ["NaN", "Infinity", "-Infinity", "1e308", "9" * 400, "-1", "abc", "1,5", "１２", "١٢", "0x10", "1.234",
              "\u202e7", "٣.٥"]  # fmt: skip
_NO_INSTANT = ["yesterday", "2025-13-01T00:00:00", "2025-02-30T10:00:00", "99999-01-01T00:00:00Z", "0000-00-00T00:00:00", "NaN",
               "1700000000", "2150-01-01T00:00:00Z", "2025-05-04", "２０２５-05-04T00:00:00", "2025-05-04T25:00:00"]  # fmt: skip
_NO_TEXT = ["a\x00b", "x" * 5001, "\ufffd", "bell\x07", ""]
_NO_ID = ["", "a b", "x" * 101, "a\x00b", "\x1b[31m"]
_BREAKS = {
    "product_id": _NO_ID, "seller_id": ["s-9", "", "S-1", "s-1\u200b"], "title": _NO_TEXT, "price": [*_NO_NUMBER, ""],
    "units_on_hand": [*_NO_NUMBER, "1000001", "2.0"], "is_active": ["maybe", "2", "ja"], "listed_at": _NO_INSTANT,
}  # fmt: skip
_TITLES = ["Cushion", "নকশি কাঁথা", "\u202eمرحبا", "👩‍👩‍👧 frame", 'quotes "and", commas', "two\nlines", "x" * 5000]


def fuzzed_folder(folder: Path, count: int, *, seed: int) -> tuple[set[str], int]:
    """Write a folder whose `products.csv` has `count` rows; returns the ids that must be kept, and how many must not."""
    rng = Random(seed)
    good: set[str] = set()
    lines: list[bytes] = []
    for number in range(count):
        row = {"product_id": f"p-{number}", "seller_id": "s-1", "title": rng.choice(_TITLES), "price": f"{rng.randrange(999)}.5",
               "units_on_hand": str(rng.randrange(50)), "is_active": rng.choice(["yes", "no", ""]),
               "listed_at": "2025-05-04T18:20:00"}  # fmt: skip
        if rng.random() < 0.4:
            good.add(row["product_id"])
            lines.append(_line(row))
        else:
            lines.append(_broken(rng, row))
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text)
    # The orders of the usual files name products that this one does not hold.
    (folder / "order_items.csv").write_text("order_id,line_number,product_id,quantity,unit_price\n")
    heading = ",".join(row).encode() + b"\n"
    (folder / "products.csv").write_bytes(heading + b"".join(lines))
    return good, count - len(good)


def _broken(rng: Random, row: dict[str, str]) -> bytes:
    way = rng.random()
    plain = row | {"title": "Cup"}
    if way < 0.05:
        return _line(plain)[:-1] + b",one,more\n"
    if way < 0.1:
        return b",".join(_line(plain).split(b",")[:3]) + b"\n"
    if way < 0.13:  # a quote that nobody closes
        return _line(plain).replace(b"Cup", b'"Cup')
    if way < 0.18:  # bytes that are no UTF-8
        return _line(plain).replace(b"Cup", b"C\xff\xfep")
    name = rng.choice(list(_BREAKS))
    return _line(plain | {name: rng.choice(_BREAKS[name])})


def _line(row: dict[str, str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row.values())
    return text.getvalue().encode()
