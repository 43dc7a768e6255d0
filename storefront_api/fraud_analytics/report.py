"""The fraud report of a period, for whoever answers for the money."""

from collections.abc import Sequence

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.fraud_analytics import repository
from storefront_api.fraud_analytics.periods import Period
from storefront_api.fraud_analytics.schemas import FraudReport, ReportPart, ReportRow

_ATTEMPTS = (
    "Attempts whose first decision fell into the period. Fraud: its last word is fraud by now. Lost: fraud that was paid and "
    "whose order was not stopped. Saved: fraud that an analyst found and whose order was stopped: declined, or cancelled."
)
_TEXTS = {
    "decisions": ("By checkout's decision", _ATTEMPTS),
    "methods": ("By payment method", _ATTEMPTS),
    "chargebacks": ("Chargebacks", "Chargebacks received in the period, whenever the order was paid, by the reason given."),
    "findings": ("What analysts found", "Labels that analysts wrote in the period, whenever the attempt was made."),
}
_SUMS = ("frauds", "fraud_minor", "lost_minor", "saved_minor")


async def fraud_report(connection: AsyncConnection[DictRow], period: Period) -> FraudReport:
    """Every part with its lines and their total."""
    found = {
        "decisions": await repository.report(connection, period, "decision"),
        "methods": await repository.report(connection, period, "method"),
        "chargebacks": await repository.chargebacks(connection, period),
        "findings": await repository.findings(connection, period),
    }
    parts = [_part(name, [ReportRow.model_validate(row) for row in rows]) for name, rows in found.items()]
    return FraudReport(from_date=period.first, to_date=period.last, currency=period.currency, parts=parts)


def _part(name: str, rows: Sequence[ReportRow]) -> ReportPart:
    title, definition = _TEXTS[name]
    sums = {column: sum(getattr(row, column) for row in rows) for column in _SUMS} if definition is _ATTEMPTS else {}
    count, amount = sum(row.count for row in rows), sum(row.amount_minor for row in rows)
    total = ReportRow(name="total", count=count, amount_minor=amount, **sums)
    return ReportPart(name=name, title=title, definition=definition, rows=list(rows), total=total)
