"""One row of the table of public data: what is measured, ours, the best of the others, and whether the bar holds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

Answer = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """`holds` is None where there is no bar, only something to know."""

    table: str
    measure: str
    ours: str
    peer: str
    bar: str
    holds: bool | None


def evaluated(words: Sequence[object]) -> Answer:
    """What `marketplace evaluate` answers to these words."""
    from cli.evaluate import app

    done = CliRunner().invoke(app, [*map(str, words), "--json"])
    if done.exit_code:
        raise RuntimeError(f"marketplace evaluate {words[0]}: {done.stderr or done.exception!r}") from done.exception
    answer: Answer = json.loads(done.stdout)
    return answer


def figures(answer: Answer, metric: str) -> dict[str, dict[str, float]]:
    """Each model's figure with its interval, the served one under the name `served`."""
    return {"served" if one["served"] else one["name"]: one["metrics"][metric] for one in answer["models"]}


def above_each(table: str, answer: Answer, metric: str, *, is_less_better: bool = False) -> Row:
    """The served model beside the best of all others."""
    found = figures(answer, metric)
    ours = found.pop("served")
    pick = min if is_less_better else max
    name = pick(found, key=lambda one: found[one]["value"])
    other = found[name]["value"]
    holds = ours["value"] < other if is_less_better else ours["value"] > other
    bar = f"{'below' if is_less_better else 'above'} every other"
    return Row(table, metric, told(ours), f"{name} {other:.3f}", bar, holds)


def gain_over(
    table: str,
    answer: Answer,
    metric: str,
    peers: Sequence[str],
    *,
    least: float = 0.0,
    is_share: bool = False,
    gains: str = "served_minus_others",
) -> Row:
    """The paired gain over the best of some peers: at least so much, or that share of the peer, and its interval excludes 0."""
    found = figures(answer, metric)
    name = max((peer for peer in peers if peer in found), key=lambda one: found[one]["value"])
    gain, other = answer["data"][gains][name], found[name]["value"]
    wanted = least * other if is_share else least
    holds = gain["value"] >= wanted and gain["low"] > 0
    bar = f"{least:+.0%} of it" if is_share else f"{least:+.2f} on it"
    return Row(table, metric, told(found["served"]), f"{name} {other:.3f}", f"{bar}: {told(gain, sign='+')}", holds)


def not_above(table: str, answer: Answer, metric: str, peers: Sequence[str], *, may_be_chance: bool = False) -> Row:
    """An error of the served model beside the least of some peers; `may_be_chance` counts one that is not shown to be larger."""
    found = figures(answer, metric)
    name = min(peers, key=lambda one: found[one]["value"])
    bar, holds = "not above it", found["served"]["value"] <= found[name]["value"]
    if may_be_chance:
        gap = answer["data"]["served_minus_others"][name]
        bar, holds = f"not shown above it: {told(gap, sign='+')}", holds or gap["low"] <= 0
    return Row(table, metric, told(found["served"]), f"{name} {found[name]['value']:.3f}", bar, holds)


def within(table: str, answer: Answer, metric: str, least: float, most: float) -> Row:
    """A figure of the served model between two bounds."""
    ours = figures(answer, metric)["served"]
    return Row(table, metric, told(ours), "", f"{least:g} to {most:g}", least <= ours["value"] <= most)


def estimate_off(table: str, answer: Answer, figure: str, *, most: float) -> Row:
    """How far the served model's estimate before labels lies off the realised figure, as the mean over the windows."""
    found = {name: one["mean"][figure]["error"] for name, one in answer["data"]["estimates"].items()}
    served = next(one["name"] for one in answer["models"] if one["served"])
    windows = answer["data"]["estimates"][served]["windows"].values()
    each = ", ".join(f"{one[figure]['error']:.3f}" for one in windows)
    ours, name = found.pop(served), min(found, key=lambda one: found[one])
    return Row(
        table, f"{figure}, estimate off", f"{ours:.3f} ({each})", f"{name} {found[name]:.3f}", f"at most {most:g}", ours <= most
    )


def told(figure: dict[str, float], *, sign: str = "") -> str:
    """The figure with its 95 % interval, where it has one."""
    value = f"{figure['value']:{sign}.3f}"
    if figure.get("low") is None:
        return value
    return f"{value} [{figure['low']:{sign}.3f}, {figure['high']:{sign}.3f}]"


def printed(rows: Sequence[Row]) -> bool:
    """Print the table; whether every bar in it holds."""
    said = {True: "holds", False: "DOES NOT HOLD", None: "for comparison"}
    cells = [("table", "measure", "ours", "best peer", "bar", "")]
    cells += [(one.table, one.measure, one.ours, one.peer, one.bar, said[one.holds]) for one in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return all(one.holds is not False for one in rows)
