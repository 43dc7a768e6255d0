"""Money, instants and numbers as people read them; the templates' filters."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from storefront_api.listings.category_attributes import SPOKEN

_SIGNS = {"BDT": "৳", "BRL": "R$ ", "USD": "$", "EUR": "€", "GBP": "£"}
_NO_MINOR_UNITS = {"JPY", "KRW"}


def money(minor: float | None, currency: str | None, *, is_whole: bool = False) -> str:
    """An amount in minor units with its sign, grouped as its country groups: ৳1,23,456.50, R$ 1,234.56.

    Taka without poisha drop the decimals; `is_whole` drops them always, for charts and large sums.
    """
    if minor is None or currency is None:
        return "–"
    divisor = minor_units(currency)
    amount = round(abs(minor))
    whole, rest = divmod(amount, divisor)
    if is_whole:
        whole, rest = round(amount / divisor), 0
    grouped = _in_lakhs(whole) if currency == "BDT" else f"{whole:,}"
    decimals = "" if divisor == 1 or is_whole or (currency == "BDT" and rest == 0) else f".{rest:02d}"
    return f"{'−' if minor < 0 and amount else ''}{_SIGNS.get(currency, currency + ' ')}{grouped}{decimals}"


def minor_units(currency: str) -> int:
    """How many minor units make one of the currency."""
    return 1 if currency in _NO_MINOR_UNITS else 100


def _in_lakhs(whole: int) -> str:
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    pairs = []
    while head:
        pairs.append(head[-2:])
        head = head[:-2]
    return ",".join([*reversed(pairs), tail])


def number(value: float | None, digits: int = 0) -> str:
    """A plain number with thousands grouped, a dash for none."""
    return "–" if value is None else f"{value:,.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share of one as per cent, a dash for none."""
    return "–" if value is None else f"{value * 100:.{digits}f} %"


def day(value: date | datetime | None, zone: str = "UTC") -> str:
    """19 Nov 2026; an instant is first taken to the shop's time zone."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone))
    return f"{value.day} {value:%b %Y}"


def instant(value: datetime | None, zone: str = "UTC") -> str:
    """19 Nov 2026, 14:05 in the shop's time zone."""
    return "–" if value is None else f"{day(value, zone)}, {value.astimezone(ZoneInfo(zone)):%H:%M}"


def ago(value: datetime | None, now: datetime | None = None) -> str:
    """How long ago in one unit: 4 min ago, 3 h ago, 2 days ago."""
    if value is None:
        return "never"
    return f"{duration((now or datetime.now(UTC)) - value)} ago"


def duration(span: object) -> str:
    """A time span in its largest unit."""
    seconds = max(0, int(getattr(span, "total_seconds", lambda: 0)()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"


def words(value: str | None) -> str:
    """A code word as people say it: held_for_review becomes 'held for review'."""
    return (value or "").replace("_", " ")


def attribute(name: str | None) -> str:
    """An attribute of a listing by the name that forms, filters and suggestions share; one without keeps its own."""
    return SPOKEN.get(name or "", words(name))


def source(name: str | None) -> str:
    """How a recommendation was found, for a shopper to read; a source without words of its own keeps its name."""
    return _SOURCES.get(name or "", words(name))


def metric(name: str | None) -> str:
    """A metric by the name that people use for it."""
    return _METRICS.get(name or "", words(name))


def country(code: str | None) -> str:
    """The country's name where we know it, else its code."""
    return _COUNTRIES.get((code or "").strip(), (code or "unknown").strip() or "unknown")


_SOURCES = {
    "neighbours": "shoppers with a similar taste",
    "collaborative": "what shoppers like you chose",
    "co_visitation": "what is looked at in the same visits",
    "content": "likeness of the pieces",
    "next_days": "what others turned to on the days after",
    "ease": "what goes together over all shoppers",
    "trending": "what is popular now",
    "category_trending": "what is popular where you look most",
    "session_next": "this visit, and how visits like it went on",
    "session_co_visitation": "this visit, and what others looked at in such visits",
    "session_content": "this visit, and likeness of the pieces",
    "catalogue": "the catalogue",
    "baskets": "orders that hold both",
    "own_purchases": "your own orders",
    "liked_sellers": "makers of pieces that you looked at or bought",
    "sold_most_7d": "what most customers bought this week",
    "newest": "what was listed last",
    "exploration": "a try: it is new, and we want to know who likes it",
}
_METRICS = {
    "ndcg_at_10": "NDCG at 10",
    "wape": "WAPE, lower is better",
    "macro_f1": "macro F1",
}

_COUNTRIES = {
    "AE": "United Arab Emirates", "AR": "Argentina", "AU": "Australia", "BD": "Bangladesh", "BR": "Brazil", "CA": "Canada",
    "CN": "China", "DE": "Germany", "ES": "Spain", "FR": "France", "GB": "United Kingdom", "HK": "Hong Kong", "ID": "Indonesia",
    "IN": "India", "IT": "Italy", "JP": "Japan", "LK": "Sri Lanka", "MM": "Myanmar", "MY": "Malaysia", "NG": "Nigeria",
    "NL": "Netherlands", "NP": "Nepal", "PH": "Philippines", "PK": "Pakistan", "PT": "Portugal", "QA": "Qatar",
    "RO": "Romania", "RU": "Russia", "SA": "Saudi Arabia", "SG": "Singapore", "TH": "Thailand", "TR": "Türkiye",
    "UA": "Ukraine", "US": "United States", "VN": "Vietnam",
}  # fmt: skip
