"""Opaque cursors: where the last page ended, so that rows added meanwhile neither repeat nor hide others."""

import base64
import binascii
from typing import Any

import orjson

from marketplace.errors import InvalidInputError


def encode_cursor(*values: Any) -> str:
    """A URL-safe word that stands for the sort key of a page's last row."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def decode_cursor(cursor: str, *, length: int, kind: type = object) -> list[Any]:
    """The `length` values, each of this kind, that `encode_cursor` was given.

    Raises:
        InvalidInputError: not a cursor of ours.
    """
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, orjson.JSONDecodeError, ValueError) as error:
        raise InvalidInputError("cursor: not one that this list gave; start again without it") from error
    if not isinstance(values, list) or len(values) != length or not all(isinstance(value, kind) for value in values):
        raise InvalidInputError("cursor: belongs to another order of this list; start again without it")
    return values
