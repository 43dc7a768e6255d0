"""The nine files as they are: text columns, nothing guessed, rows that are not rows put aside."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from marketplace.errors import InvalidInputError, MissingColumnsError
from pipelines.sources import text_files
from pipelines.sources.quarantine import Quarantine

# Our name -> file name without ending, columns needed
FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "orders": (
        "olist_orders_dataset",
        (
            "order_id",
            "customer_id",
            "order_status",
            "order_purchase_timestamp",
            "order_approved_at",
            "order_delivered_carrier_date",
            "order_delivered_customer_date",
            "order_estimated_delivery_date",
        ),
    ),
    "order_items": (
        "olist_order_items_dataset",
        ("order_id", "order_item_id", "product_id", "seller_id", "shipping_limit_date", "price", "freight_value"),
    ),
    "order_payments": (
        "olist_order_payments_dataset",
        ("order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value"),
    ),
    "order_reviews": (
        "olist_order_reviews_dataset",
        (
            "review_id",
            "order_id",
            "review_score",
            "review_comment_title",
            "review_comment_message",
            "review_creation_date",
            "review_answer_timestamp",
        ),
    ),
    "customers": (
        "olist_customers_dataset",
        ("customer_id", "customer_unique_id", "customer_zip_code_prefix", "customer_city", "customer_state"),
    ),
    "products": (
        "olist_products_dataset",
        (
            "product_id",
            "product_category_name",
            "product_photos_qty",
            "product_weight_g",
            "product_length_cm",
            "product_height_cm",
            "product_width_cm",
        ),
    ),
    "sellers": ("olist_sellers_dataset", ("seller_id", "seller_zip_code_prefix", "seller_city", "seller_state")),
    "geolocation": ("olist_geolocation_dataset", ("geolocation_zip_code_prefix", "geolocation_lat", "geolocation_lng")),
    "translation": ("product_category_name_translation", ("product_category_name", "product_category_name_english")),
}


def read_files(folder: Path, quarantine: Quarantine) -> dict[str, pl.DataFrame]:
    """All nine files by our names; every column text, empty cells null.

    Raises:
        MissingColumnsError: a file is not there or lacks a column; the message names file, column and what came.
    """
    paths = {name: find_file(folder, stem) for name, (stem, _) in FILES.items()}
    return {name: read_file(path, FILES[name][1], quarantine) for name, path in paths.items()}


def replace_rows(
    files: dict[str, pl.DataFrame], corrected: Sequence[tuple[str, dict[str, str | None], dict[str, str | None]]]
) -> dict[str, pl.DataFrame]:
    """The files with corrected rows (file's name, row as it stands, row in its place) instead of those that stand there."""
    names = {stem: name for name, (stem, _) in FILES.items()}
    replaced = dict(files)
    for stem, old, new in corrected:
        frame = replaced[names[stem]]
        if unknown := sorted(set(new) - set(frame.columns)):
            raise InvalidInputError(f"{stem} has no column {', '.join(unknown)}; it has {', '.join(frame.columns)}")
        is_old = pl.all_horizontal(pl.col(column).eq_missing(pl.lit(old.get(column), pl.String)) for column in frame.columns)
        row = pl.DataFrame({column: [new.get(column)] for column in frame.columns}, schema=frame.schema)
        replaced[names[stem]] = pl.concat([frame.filter(~is_old), row])
    return replaced


def find_file(folder: Path, stem: str) -> Path:
    """`<stem>.csv.gz` or `<stem>.csv` in `folder`."""
    if path := text_files.find_file(folder, stem):
        return path
    came = ", ".join(sorted(path.name for path in folder.glob("*.csv*"))) or "no .csv or .csv.gz file at all"
    raise MissingColumnsError(f"{folder} has no {stem}.csv or {stem}.csv.gz; it has {came}")


def read_file(path: Path, needed: tuple[str, ...], quarantine: Quarantine) -> pl.DataFrame:
    """One file; rows with another number of cells than the heading go to `quarantine`."""
    stem = text_files.file_stem(path)

    def refuse(line: int, cells: list[str], reason: str) -> None:
        quarantine.add(stem, f"line {line}", reason, {"cells": cells}, context={"file": path.name, "line": line})

    frame = text_files.read_rows(path, refuse)
    heading = [name for name in frame.columns if name != text_files.LINE]
    if missing := [column for column in needed if column not in heading]:
        raise MissingColumnsError(f"{path.name} lacks {', '.join(missing)}; its columns are {', '.join(heading) or 'none'}")
    return frame.select(pl.col(needed).str.strip_chars().replace("", None))
