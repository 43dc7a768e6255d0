"""Tenths by expectation, and what came of each: the table by which a person sees whether the figures can be trusted."""

import numpy as np
from numpy.typing import NDArray

from marketplace.proportions import exact_interval
from models.metrics.bootstrap import bootstrap_interval
from models.outlook.features import Floats
from models.outlook.model import Decile
from models.outlook.regressions import Churn, Spend
from models.outlook.windows import Window

TENTHS = 10
# A tenth of fewer would say nothing.
_FEWEST = 100


def tenths(expected: Floats) -> NDArray[np.intp]:
    """The tenth of each row, 0 for the highest expectations; ties stay in the order of the rows."""
    place = np.empty(len(expected), dtype=np.intp)
    place[np.argsort(-expected, kind="stable")] = np.arange(len(expected))
    return place * TENTHS // max(len(expected), 1)


def spend_deciles(spend: Spend | None, window: Window, currencies: NDArray[np.str_], *, seed: int) -> list[Decile]:
    """Expected and actual spend per customer of those who pay in the most frequent currency."""
    if spend is None or len(window.known.rows) < _FEWEST:
        return []
    currency = int(np.bincount(window.known.currency).argmax())
    chosen = window.known.currency == currency
    expected = spend.expected(window.known.inputs())[chosen] * window.known.typical[chosen]
    actual = window.amount[chosen] * window.known.typical[chosen]
    place = tenths(expected)
    found = []
    for tenth in range(TENTHS):
        mean = bootstrap_interval(actual[place == tenth], seed=seed)
        low, high = (mean.value if bound is None else bound for bound in (mean.low, mean.high))
        said = float(expected[place == tenth].mean())
        count = int((place == tenth).sum())
        found.append(Decile("customer_spend", tenth + 1, count, said, mean.value, low, high, str(currencies[currency])))
    return found


def churn_deciles(subject: str, churn: Churn | None, window: Window) -> list[Decile]:
    """Expected and actual share of those active before who stayed away."""
    active = window.is_active
    if churn is None or active.sum() < _FEWEST:
        return []
    expected, gone = churn.probability(window.known.inputs()[active]), window.stayed_away[active]
    place = tenths(expected)
    found = []
    for tenth in range(TENTHS):
        chosen = place == tenth
        part, whole = int(gone[chosen].sum()), int(chosen.sum())
        low, high = exact_interval(part, whole)
        found.append(Decile(subject, tenth + 1, whole, float(expected[chosen].mean()), part / whole, low, high))
    return found
