"""The files under a table: CSV or Parquet by their first bytes, packed or not, read in blocks of some megabytes."""

import csv
import gzip
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

from marketplace.errors import InvalidInputError

_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_BLOCK_BYTES = 8 << 20
_BLOCK_ROWS = 1 << 17
_SEPARATORS = ",;\t|"


def header(path: Path) -> list[str]:
    """The names of the columns.

    Raises:
        InvalidInputError: there is no such file, or it is empty or cut short.
    """
    if not path.is_file():
        raise InvalidInputError(f"{path}: no such file; name a CSV or Parquet file, .gz allowed")
    with _OurErrors(path), _Unpacked(path) as file:
        if _is_parquet(file):
            return list(parquet.ParquetFile(file).schema_arrow.names)
        return _csv_header(file)[0]


class Blocks:
    """Blocks of rows of some columns of one file; a CSV cell comes as bytes, a Parquet cell as what it is.

    Rows of a CSV with more or fewer fields than its header are skipped and counted.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.path, self.names = path, list(names)
        self.malformed = 0
        self.first_malformed = ""

    def __iter__(self) -> Iterator[pl.DataFrame]:
        self.malformed = 0
        with _OurErrors(self.path), _Unpacked(self.path) as file:
            if _is_parquet(file):
                for batch in parquet.ParquetFile(file).iter_batches(_BLOCK_ROWS, columns=self.names, use_threads=False):
                    yield pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
                return
            there, separator = _csv_header(file)
            yield from self._csv_blocks(file, there, separator)

    def _csv_blocks(self, file: Any, there: list[str], separator: str) -> Iterator[pl.DataFrame]:
        torn: list[str] = []

        def skip(row: arrow_csv.InvalidRow) -> str:
            first, _, rest = row.text.partition("\n")
            self.malformed += 1
            self.first_malformed = self.first_malformed or repr(first[:60])
            # A quote that never closes swallows the rows after it: these are read again on their own.
            if rest.strip():
                torn.append(rest)
            return "skip"

        reader = arrow_csv.open_csv(
            file,
            read_options=arrow_csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False, column_names=there, skip_rows=1),
            parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=skip),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(self.names, pa.binary()),
                include_columns=self.names,
                strings_can_be_null=False,
                null_values=[],
                check_utf8=False,
            ),
        )
        for batch in reader:
            if batch.num_rows:
                yield pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
        while torn:
            again, torn = torn, []
            for rest in again:
                lines = separator.join(there) + "\n" + rest
                yield from self._csv_blocks(io.BytesIO(lines.encode()), there, separator)


def _csv_header(file: IO[bytes]) -> tuple[list[str], str]:
    """The names and what separates them: the sign that makes most of the first line."""
    file.seek(0)
    line = file.readline().decode("utf-8-sig", errors="replace").rstrip("\r\n")
    file.seek(0)
    if not line.strip():
        raise InvalidInputError("the file is empty or does not begin with a line of column names")
    separator = max(_SEPARATORS, key=line.count)
    return next(csv.reader([line], delimiter=separator)), separator


def _is_parquet(file: IO[bytes]) -> bool:
    file.seek(0)
    first = file.read(4)
    file.seek(0)
    return first == _PARQUET


class _Unpacked:
    """The file's bytes, unpacked as they are read; packed Parquet, which must be sought in, through a temporary file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Any:
        file: Any = self._path.open("rb")
        if file.read(2) == _GZIP:
            file = gzip.open(self._path, "rb")
            if _is_parquet(file):
                packed, file = file, tempfile.TemporaryFile()
                shutil.copyfileobj(packed, file)
        file.seek(0)
        self._file = file
        return file

    def __exit__(self, *_: object) -> None:
        self._file.close()


class _OurErrors:
    """Errors of the file's format become ours, with its name."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, InvalidInputError):
            raise InvalidInputError(f"{self._path}: {error}") from None
        if isinstance(error, (pa.ArrowInvalid, OSError, EOFError, UnicodeDecodeError)):
            raise InvalidInputError(f"{self._path} cannot be read as CSV or Parquet: {error}") from error
