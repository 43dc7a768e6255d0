"""Who shares what with whom, as a graph: this customer, the things they paid with, and the other accounts on those things."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from storefront_api.fraud_reviews.case_schemas import LinkedAccount

_THINGS = ("device", "card", "address", "connection")


@dataclass(frozen=True)
class Node:
    """`x` is 0 for the customer, 1 for a shared thing, 2 for another account; `y` runs from 0 at the top to 1."""

    name: str
    kind: Literal["customer", "thing", "account", "fraudulent account"]
    x: int
    y: float


@dataclass(frozen=True)
class Links:
    """Nodes, and edges as pairs of places in `nodes`."""

    nodes: list[Node]
    edges: list[tuple[int, int]]

    @property
    def node_rows(self) -> list[dict[str, str | int | float]]:
        """The nodes as a chart reads them."""
        return [asdict(node) for node in self.nodes]


def links_of(customer_name: str, accounts: Sequence[LinkedAccount]) -> Links | None:
    """The graph in three columns; None when nobody shares anything."""
    shared = [thing for thing in _THINGS if any(getattr(account, f"has_same_{thing}") for account in accounts)]
    if not shared:
        return None
    nodes = [Node(customer_name, "customer", 0, 0.5)]
    nodes += [Node(thing, "thing", 1, y) for thing, y in zip(shared, _spread(len(shared)), strict=True)]
    edges = [(0, place) for place in range(1, len(shared) + 1)]
    for account, y in zip(accounts, _spread(len(accounts)), strict=True):
        edges += [(shared.index(thing) + 1, len(nodes)) for thing in shared if getattr(account, f"has_same_{thing}")]
        nodes.append(Node(account.customer_name, "fraudulent account" if account.fraud_count else "account", 2, y))
    return Links(nodes, edges)


def _spread(count: int) -> list[float]:
    """So many heights, evenly between top and bottom."""
    return [(place + 0.5) / count for place in range(count)]
