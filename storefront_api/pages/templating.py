"""One Jinja environment for all pages: everything is escaped, static files carry their fingerprint."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from storefront_api.pages import formatting

HERE = Path(__file__).parent
STATIC = HERE / "static"


@cache
def static_url(path: str) -> str:
    """The address of a static file; its content's hash lets browsers keep it for a year."""
    fingerprint = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={fingerprint}"


@pass_context
def _instant(context: Context, value: Any) -> str:
    return formatting.instant(value, context["shop"]["time_zone"])


@pass_context
def _day(context: Context, value: Any) -> str:
    return formatting.day(value, context["shop"]["time_zone"])


@pass_context
def _ago(context: Context, value: Any) -> str:
    return formatting.ago(value, context["now"])


@pass_context
def _local_date(context: Context, value: Any) -> str:
    return f"{value.astimezone(ZoneInfo(context['shop']['time_zone'])):%Y-%m-%d}"


@cache
def environment() -> Environment:
    """The environment with the filters that templates use."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    made.filters.update(
        {
            "money": formatting.money,
            "number": formatting.number,
            "percent": formatting.percent,
            "words": formatting.words,
            "attribute": formatting.attribute,
            "source": formatting.source,
            "metric": formatting.metric,
            "country": formatting.country,
            "duration": formatting.duration,
            "static": static_url,
            "instant": _instant,
            "day": _day,
            "ago": _ago,
            "local_date": _local_date,
        }
    )
    return made
