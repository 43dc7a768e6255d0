"""The one place of a long shelf that shows something new, drawn by chance, and the chance it had."""

import random
from collections.abc import Collection, Sequence

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.recommendations import repository
from storefront_api.recommendations.candidates import Candidate

PLACE = 6
_FEWEST_PLACES = 10  # one place of ten at most is given to chance


async def explore(
    connection: AsyncConnection[DictRow],
    chosen: Sequence[Candidate],
    places: int,
    *,
    unwanted: Collection[str],
    rng: random.Random,
) -> list[Candidate]:
    """The shelf with a new product on its sixth place, where it is long enough and there is one that may be shown.

    It is drawn with the pipeline's probabilities (Thompson sampling), shared out among the new products that may be shown now
    and are not on the shelf anyway. The rest keeps its order; a full shelf loses its last place.
    """
    if places < _FEWEST_PLACES or len(chosen) < PLACE:
        return list(chosen)
    kept = list(chosen[: places - 1])
    taken = {*unwanted, *(one.product_id for one in kept)}
    known = {row["product_id"]: row for row in await repository.explored_products(connection) if row["product_id"] not in taken}
    shown = await repository.may_be_shown(connection, list(known), category_id=None) if known else {}
    eligible = [row for product_id, row in known.items() if product_id in shown]
    if not eligible:
        return list(chosen)
    total = sum(row["probability"] for row in eligible)
    [drawn] = rng.choices(eligible, weights=[row["probability"] for row in eligible])
    propensity = drawn["probability"] / total
    new = Candidate(
        drawn["product_id"],
        propensity,
        "exploration",
        "New here, and nobody knows yet who likes it",
        "exploration",
        f"{drawn['computed_at']:%Y-%m-%d}",
        propensity=propensity,
        alternatives=tuple(row["product_id"] for row in eligible),
    )
    return [*kept[: PLACE - 1], new, *kept[PLACE - 1 :]]
