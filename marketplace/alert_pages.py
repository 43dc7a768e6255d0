"""Where to look at what an alert tells of: said once for those who send alerts and for the page that lists them."""

from datetime import UTC, datetime, timedelta

from marketplace.vocabulary import Stream

# A month of the ten weeks is mature, whichever week the alert is of.
_WEEKS_SHOWN = timedelta(weeks=10)


def alert_page(stream: Stream, window_end: datetime) -> str:
    """The path of the page: the fraud desk's estimates until the window's last day, or the operator's alerts."""
    if stream not in (Stream.ESTIMATES, Stream.REALISED):
        return "/ops#alerts"
    end = window_end.astimezone(UTC)
    return f"/fraud/estimates?from={end - _WEEKS_SHOWN:%Y-%m-%d}&to={end - timedelta(days=1):%Y-%m-%d}"
