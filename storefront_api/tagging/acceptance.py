"""How sellers answer what the model suggests: the share that they accept as it is, in all and by category."""

from collections.abc import Callable, Sequence

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.proportions import exact_interval
from storefront_api.tagging import repository
from storefront_api.tagging.schemas import Acceptance, AcceptanceReport

# A share of fewer answers says more about chance than about the model.
FEWEST = 10


async def report(connection: AsyncConnection[DictRow], *, seller_id: str | None) -> AcceptanceReport:
    """Acceptance of one seller's answers, or of everybody's when None; the most answered first."""
    rows = await repository.answer_counts(connection, seller_id)
    return AcceptanceReport(
        seller_id=seller_id,
        fewest=FEWEST,
        total=_counted("all", "All suggestions", rows),
        categories=_grouped(rows, lambda row: (row["category_id"] or "", row["category_path"])),
        attributes=_grouped(rows, lambda row: (row["attribute"], row["attribute"])),
        versions=_grouped(rows, lambda row: (row["model_version"], f"Version {row['model_version']}")),
    )


def _grouped(rows: Sequence[DictRow], key: Callable[[DictRow], tuple[str, str]]) -> list[Acceptance]:
    groups: dict[tuple[str, str], list[DictRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    counted = [_counted(name, label, members) for (name, label), members in groups.items()]
    return sorted(counted, key=lambda one: (-one.answered_count, one.name))


def _counted(name: str, label: str, rows: Sequence[DictRow]) -> Acceptance:
    accepted, changed, refused = (sum(row[f"{what}_count"] for row in rows) for what in ("accepted", "changed", "refused"))
    answered = accepted + changed + refused
    low, high = exact_interval(accepted, answered) if answered >= FEWEST else (None, None)
    return Acceptance(
        name=name,
        label=label,
        answered_count=answered,
        accepted_count=accepted,
        changed_count=changed,
        refused_count=refused,
        rate=accepted / answered if answered >= FEWEST else None,
        low=low,
        high=high,
    )
