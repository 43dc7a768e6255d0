"""What a figure means, said once: pages show it on hover and focus, the API gives it out, a recount follows it."""

from dataclasses import dataclass

from storefront_api.analytics.schemas import Definition, Unit


@dataclass(frozen=True)
class FigureDefinition:
    """One figure by its name.

    Args:
        words: the query in plain words, so that a seller can count it again.
        source: the table that it is read from; one of `shop` is read live, others are as fresh as the last run.
        rows: name of the row table that holds what was counted (`registry.ROW_TABLES`), None where there is none.
    """

    name: str
    label: str
    unit: Unit
    words: str
    source: str
    rows: str | None = None

    @property
    def is_live(self) -> bool:
        """Whether it is counted when it is asked for, not by the pipeline."""
        return self.source.startswith("shop.")

    def shown(self) -> Definition:
        """The same for the API."""
        return Definition(
            name=self.name,
            label=self.label,
            unit=self.unit,
            definition=self.words,
            source=self.source,
            is_live=self.is_live,
            rows=self.rows,
        )
