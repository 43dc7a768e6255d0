"""Empty files to fill in, and the guide's tables, both from the one list of columns."""

import csv
from pathlib import Path

from marketplace.errors import InvalidInputError
from pipelines.sources.csv_shop.columns import EXPECTED, FILES


def write_template(folder: Path) -> list[Path]:
    """The files written: headings and one example row each, which together are a tiny shop that loads.

    Raises:
        InvalidInputError: a file of that name is there already; nothing is overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{spec.name}.csv" for spec in FILES]
    if there := [path.name for path in paths if path.exists()]:
        raise InvalidInputError(
            f"{folder} holds {', '.join(there)} already; name an empty folder, so that nothing is overwritten"
        )
    for spec, path in zip(FILES, paths, strict=True):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([column.name for column in spec.columns])
            writer.writerow([column.example for column in spec.columns])
    return paths


def column_tables() -> str:
    """A Markdown table of the columns of each file."""
    parts = []
    for spec in FILES:
        key = ", ".join(f"`{name}`" for name in spec.key)
        parts += [
            f"### `{spec.name}.csv`{'' if spec.is_needed else ' (optional)'}",
            "",
            f"{spec.meaning[0].upper()}{spec.meaning[1:]}; key: {key}.",
            "",
            "| column | must be there | holds | example | meaning |",
            "| --- | --- | --- | --- | --- |",
        ]
        parts += [
            f"| `{column.name}` | {'yes' if column.is_required else ''} | {_cell(EXPECTED[column.kind])} | "
            f"{_cell(column.example)} | {f'as in `{column.refers_to}.csv`' if column.refers_to else column.meaning} |"
            for column in spec.columns
        ]
        parts.append("")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
