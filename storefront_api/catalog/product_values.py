"""Where a product says the values of its attributes, as SQL over a product `p`.

The main value stands in a column, or among `attributes` where it has none; further ones of `SEVERAL_VALUED` stand beside it, in
`attributes -> 'further_values' -> 'colour'`, a list that neither repeats itself nor the main value.
"""

from collections.abc import Mapping

from marketplace.vocabulary import FURTHER, SEVERAL_VALUED

MAIN: Mapping[str, str] = {
    "colour": "p.colour",
    "material": "p.material",
    "occasion": "p.occasion",
    "season": "p.attributes ->> 'season'",
    "gender": "p.attributes ->> 'gender'",
}


def all_values(attribute: str) -> str:
    """Every value of the attribute, the main one first: a text array."""
    main = f"array_remove(array[{MAIN[attribute]}], null)"
    if attribute not in SEVERAL_VALUED:
        return main
    return f"({main} || array(select jsonb_array_elements_text(p.attributes -> '{FURTHER}' -> '{attribute}')))"


def has_value(attribute: str, wanted: str) -> str:
    """Whether `wanted`, a parameter, is one of them."""
    is_main = f"{MAIN[attribute]} = {wanted}"
    if attribute not in SEVERAL_VALUED:
        return is_main
    return f"({is_main} or p.attributes -> '{FURTHER}' -> '{attribute}' ? {wanted})"
