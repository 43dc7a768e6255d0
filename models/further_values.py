"""What a listing is too, beside its main colour, material or occasion, as `marts.dim_products` tells it."""

import json

import pandas as pd


def further_values(products: pd.DataFrame, attribute: str) -> list[tuple[str, ...]]:
    """Per product the further values of the attribute, in its seller's order.

    Args:
        products: `further_values`, a JSON object of lists such as `{"colour": ["white"]}` or null; a catalogue that keeps one
            value of each attribute has no such column.
    """
    if "further_values" not in products:
        return [()] * len(products)
    return [tuple(json.loads(of).get(attribute, ())) if isinstance(of, str) else () for of in products["further_values"]]
