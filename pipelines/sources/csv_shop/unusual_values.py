"""Values of a shop's own products that their category does not have: kept, and told, since one product may well be the first."""

import polars as pl

from marketplace.vocabulary import JSON_ATTRIBUTES, SEVERAL_VALUED
from pipelines.sources.known import Known

_ATTRIBUTES = (*SEVERAL_VALUED, *JSON_ATTRIBUTES)


def unusual_values(products: pl.DataFrame, categories: pl.DataFrame, known: Known) -> dict[str, list[str]]:
    """What is unusual, in a sentence, and the ids of these products that say it.

    Which attributes a category has is learnt as the tagging model learns it, from these products and all others of the shop.

    Args:
        products, categories: as they are loaded into the shop.
    """
    from models.tagging import AttributeSchema, CategoryTree  # brings scipy, which a folder without products does without

    said = products.select(
        "product_id", "category_id", *SEVERAL_VALUED,
        *(pl.col("attributes").str.json_path_match(f"$.{name}").alias(name) for name in JSON_ATTRIBUTES),
    ).filter(pl.col("category_id").is_not_null())  # fmt: skip
    every = pl.concat([said, known.attributes_of_products()]).unique("product_id", keep="first", maintain_order=True)
    rows = pl.concat([categories.select("category_id", "parent_category_id", "path"), known.categories()]).unique("category_id")
    tree = CategoryTree(*(dict(zip(rows["category_id"], rows[name], strict=True)) for name in ("parent_category_id", "path")))
    schema = AttributeSchema.learnt(every.to_pandas(), tree)
    found: dict[str, list[str]] = {}
    for name in _ATTRIBUTES:
        for (category_id,), saying in said.filter(pl.col(name).is_not_null()).group_by("category_id", maintain_order=True):
            for problem in schema.problems(str(category_id), {name: []}):
                found[problem] = saying["product_id"].to_list()
    return found
