"""The values that a product says of its attributes, and when two ways of writing are one value."""

from collections.abc import Iterable


class SaysValues:
    """Mixin of what has the main values of its attributes as fields, and those beside them as `further_values`."""

    further_values: dict[str, list[str]]

    def values(self, attribute: str) -> list[str]:
        """All of an attribute, the main one first."""
        main = getattr(self, attribute)
        return [main, *self.further_values.get(attribute, [])] if main else []


def value_key(value: str) -> str:
    """What all ways of writing a value have in common: " Navy  Blue" is `navy blue`."""
    return " ".join(value.split()).casefold()


def different(values: Iterable[str]) -> list[str]:
    """These without repeats, each as it is written first."""
    first: dict[str, str] = {}
    for value in values:
        first.setdefault(value_key(value), value)
    return list(first.values())
