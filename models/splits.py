"""Splits by time: what a model may have known lies before the cut, what it is judged by lies after.

There is no random split here on purpose: it would let a model learn from the days that it is asked to foresee.
"""

from datetime import timedelta

import pandas as pd


def window_start(times: pd.Series, *, days: int, min_rows: int, max_share: float = 0.3) -> pd.Timestamp:
    """The start of the newest window that holds enough to judge by: `days` long, doubled until it does.

    A shop that sells little needs a longer window than a busy one. The window never takes more than `max_share` of
    the whole span, so that something is left to learn from; it may then hold fewer rows than asked for.

    Args:
        times: instants (UTC) of what is judged, in any order.
        min_rows: rows that the window should hold.
    """
    first, last = times.min(), times.max()
    longest = (last - first) * max_share
    length = timedelta(days=days)
    while length < longest and int((times > last - length).sum()) < min_rows:
        length *= 2
    return pd.Timestamp(last - min(length, longest))
