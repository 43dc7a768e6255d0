"""The little Markdown of model cards as blocks for a template: headings, lists, tables, code and paragraphs.

No HTML is made here; the template escapes every text, so a card cannot carry a script.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

_EMPHASIS = re.compile(r"\*\*(.+?)\*\*|`(.+?)`")
_RULE = re.compile(r"^\|?[\s:|-]+\|?$")


@dataclass
class Block:
    """One block; `rows` are list items (text) or table rows (lists of cells)."""

    kind: Literal["heading", "paragraph", "list", "table", "code"]
    text: str = ""
    level: int = 0
    head: list[str] = field(default_factory=list)
    rows: list = field(default_factory=list)


def blocks_of(markdown: str) -> list[Block]:
    """The document's blocks in order."""
    blocks: list[Block] = []
    lines = iter(markdown.splitlines())
    for line in lines:
        stripped = line.strip()
        if stripped.startswith("```"):
            code = []
            for inner in lines:
                if inner.strip().startswith("```"):
                    break
                code.append(inner)
            blocks.append(Block("code", text="\n".join(code)))
        elif stripped.startswith("#"):
            level = len(stripped) - len(stripped.lstrip("#"))
            blocks.append(Block("heading", text=_plain(stripped.lstrip("# ")), level=level))
        elif stripped.startswith("|"):
            _add_table_row(blocks, stripped)
        elif stripped.startswith(("- ", "* ")):
            _last(blocks, "list").rows.append(_plain(stripped[2:]))
        elif not stripped:
            blocks.append(Block("paragraph"))
        elif blocks and blocks[-1].kind == "list" and line.startswith("  "):
            blocks[-1].rows[-1] += f" {_plain(stripped)}"
        else:
            block = _last(blocks, "paragraph")
            block.text = f"{block.text} {_plain(stripped)}".strip()
    return [block for block in blocks if block.kind != "paragraph" or block.text]


def _last(blocks: list[Block], kind: Literal["list", "table", "paragraph"]) -> Block:
    """The last block if it is of this kind, else a new one."""
    if blocks and blocks[-1].kind == kind:
        return blocks[-1]
    blocks.append(Block(kind))
    return blocks[-1]


def _add_table_row(blocks: list[Block], line: str) -> None:
    cells = [_plain(cell.strip()) for cell in line.strip("|").split("|")]
    table = _last(blocks, "table")
    if not table.head:
        table.head = cells
    elif not _RULE.match(line):
        table.rows.append(cells)


def _plain(text: str) -> str:
    return _EMPHASIS.sub(lambda match: match.group(1) or match.group(2), text)
