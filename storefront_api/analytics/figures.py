"""Figures beside their earlier values. Pure functions."""

from collections.abc import Iterable, Mapping
from typing import Any

from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.schemas import Figure, Unit

# Of each figure what stands above and what below the line; a figure without a line is a sum.
Parts = Mapping[str, tuple[str, str | None]]


def values_of(parts: Parts, sums: Mapping[str, Any]) -> dict[str, float | None]:
    """Each figure's value; None where there is nothing to divide by."""
    return {name: share(sums[above], sums[below]) if below else float(sums[above]) for name, (above, below) in parts.items()}


def share(part: float | None, whole: float | None) -> float | None:
    """Part of whole, None without one."""
    return part / whole if part is not None and whole else None


def figures_of(
    definitions: Iterable[FigureDefinition], now: Mapping[str, float | None], earlier: Mapping[str, float | None] | None
) -> list[Figure]:
    """Each figure beside its earlier value; changes are relative, for rates in points of one."""
    return [
        Figure(
            **definition.shown().model_dump(),
            value=now[definition.name],
            previous=earlier[definition.name] if earlier is not None else None,
            change=_change(definition.unit, now[definition.name], earlier[definition.name] if earlier is not None else None),
        )
        for definition in definitions
    ]


def _change(unit: Unit, value: float | None, earlier: float | None) -> float | None:
    if value is None or earlier is None:
        return None
    if unit == "rate":
        return value - earlier
    return value / earlier - 1 if earlier else None
