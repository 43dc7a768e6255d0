"""Parquet files of a simulated marketplace: whatever the parts in which rows come, the same rows make the same bytes."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

# Rows of a row group. It is made whole in memory: fewer rows keep that flat from small marketplaces on, for files 7 % larger
# than a quarter of a million would make. Tables with long texts have smaller ones.
ROW_GROUP = 60_000
_SMALLER = {"products": 20_000}


class Writer:
    """Files by table in one folder; what an earlier simulation left there is removed first."""

    def __init__(self, folder: Path, description: str) -> None:
        self.folder = folder
        self.rows: dict[str, int] = {}
        self._files: dict[str, pq.ParquetWriter] = {}
        self._waiting: dict[str, list[pl.DataFrame]] = {}
        (folder / "truth").mkdir(parents=True, exist_ok=True)
        for leftover in (*folder.glob("*.parquet"), *folder.glob("truth/*.parquet"), folder / description):
            leftover.unlink(missing_ok=True)

    def write(self, name: str, frames: pl.DataFrame | Iterable[pl.DataFrame]) -> None:
        """Add rows to the table `name`; they reach the disk as soon as they fill a row group."""
        for frame in [frames] if isinstance(frames, pl.DataFrame) else frames:
            self.rows[name] = self.rows.get(name, 0) + len(frame)
            waiting = self._waiting.setdefault(name, [])
            waiting.append(frame)
            size = _SMALLER.get(name, ROW_GROUP)
            if sum(map(len, waiting)) >= size:
                together = pl.concat(waiting)
                whole = len(together) // size * size
                for start in range(0, whole, size):
                    self._flush(name, together[start : start + size])
                waiting[:] = [together[whole:]]

    def write_all(self, frames: Iterable[tuple[str, pl.DataFrame]]) -> None:
        """Add rows to several tables."""
        for name, frame in frames:
            self.write(name, frame)

    @property
    def megabytes(self) -> float:
        """What lies on the disk by now."""
        return sum(path.stat().st_size for path in self.folder.rglob("*.parquet")) / 1e6

    def close(self) -> dict[str, int]:
        """Write what waits, finish all files; gives the rows of each table by name."""
        for name, waiting in self._waiting.items():
            rest = pl.concat(waiting)
            if len(rest) or name not in self._files:
                self._flush(name, rest)
        for file in self._files.values():
            file.close()
        return {name: self.rows[name] for name in sorted(self.rows)}

    def _flush(self, name: str, frame: pl.DataFrame) -> None:
        table: pa.Table = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        if name not in self._files:
            self._files[name] = pq.ParquetWriter(self.folder / f"{name}.parquet", table.schema, compression="zstd")
        self._files[name].write_table(table, row_group_size=len(table) or None)
