"""The published standard, as a peer: BG/NBD for how often, gamma-gamma for how much.

Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing
Science 24(2), equations 6 and 10; Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value, equations 1a and 5.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

from models.outlook.features import Floats, Known


@dataclass(frozen=True)
class BuyTillYouDie:
    """Fitted parameters: rate of buying ~ gamma(r, alpha), drop-out ~ beta(a, b), amounts by (p, q, v)."""

    r: float
    alpha: float
    a: float
    b: float
    p: float
    q: float
    v: float

    def still_there(self, known: Known) -> Floats:
        """The probability that somebody has not dropped out yet."""
        repeats, last, age = _history(known)
        odds = self.a / (self.b + np.maximum(repeats, 1) - 1) * ((self.alpha + age) / (self.alpha + last)) ** (self.r + repeats)
        return np.asarray(1 / (1 + np.where(repeats > 0, odds, 0)))

    def stays_away(self, known: Known, horizon: int) -> Floats:
        """The probability of no sale within `horizon` days: dropped out, or there and without an event of the gamma-mixed
        Poisson process, whose rate given the history is gamma(r + repeats, alpha + age)."""
        repeats, _, age = _history(known)
        none = ((self.alpha + age) / (self.alpha + age + horizon)) ** (self.r + repeats)
        return np.asarray(1 - self.still_there(known) * (1 - none))

    def sales(self, known: Known, horizon: int) -> Floats:
        """The expected days of sale within `horizon` days (equation 10)."""
        repeats, _, age = _history(known)
        shape, seen = self.r + repeats, self.a + self.b + repeats - 1
        hypergeometric = hyp2f1(shape, self.b + repeats, seen, horizon / (self.alpha + age + horizon))
        shrunk = ((self.alpha + age) / (self.alpha + age + horizon)) ** shape
        return np.asarray(seen / (self.a - 1) * (1 - shrunk * hypergeometric) * self.still_there(known))

    def amount(self, known: Known) -> Floats:
        """The expected amount of a day of sale: the own mean, drawn towards everybody's (equation 5)."""
        count, mean = known.feature("sale_day_count"), known.feature("amount_mean")
        pull = (self.q - 1) / (self.p * count + self.q - 1)
        return np.asarray(pull * self.p * self.v / (self.q - 1) + (1 - pull) * mean)

    def spend(self, known: Known, horizon: int) -> Floats:
        """What somebody is expected to spend, in typical days of sale."""
        return self.sales(known, horizon) * self.amount(known)


def fit_buy_till_you_die(known: Known) -> BuyTillYouDie:
    """Both models by maximum likelihood; equal histories are counted once."""
    histories, counts = np.unique(np.column_stack(_history(known)), axis=0, return_counts=True)
    r, alpha, a, b = _minimise(lambda p: -counts @ _log_likelihood(p, *histories.T) / counts.sum(), (0.5, 20, 1.5, 3))
    count, mean = known.feature("sale_day_count"), np.maximum(known.feature("amount_mean"), 1e-6)
    p, q, v = _minimise(lambda parameters: -_amount_log_likelihood(parameters, count, mean).mean(), (2, 3, 2))
    return BuyTillYouDie(r, alpha, a, b, p, q, v)


def _history(known: Known) -> tuple[Floats, Floats, Floats]:
    """Repeats, the day of the last sale and today, both counted from the first sale."""
    return known.feature("sale_day_count") - 1, known.feature("active_span_days"), known.feature("known_days")


def _log_likelihood(parameters: Floats, repeats: Floats, last: Floats, age: Floats) -> Floats:
    r, alpha, a, b = parameters
    common = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    common = common + gammaln(a + b) + gammaln(b + repeats) - gammaln(b) - gammaln(a + b + repeats)
    there = -(r + repeats) * np.log(alpha + age)
    gone = np.log(a) - np.log(b + np.maximum(repeats, 1) - 1) - (r + repeats) * np.log(alpha + last)
    return np.asarray(common + np.logaddexp(there, np.where(repeats > 0, gone, -np.inf)))


def _amount_log_likelihood(parameters: Floats, count: Floats, mean: Floats) -> Floats:
    p, q, v = parameters
    shape = p * count
    return np.asarray(
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v) + (shape - 1) * np.log(mean) + shape * np.log(count)
        - (shape + q) * np.log(v + count * mean)
    )  # fmt: skip


def _minimise(loss: object, start: tuple[float, ...]) -> tuple[float, ...]:
    """Positive parameters of the least loss. None leaves e^±12: where nobody drops out, `b` would grow without end."""

    def bounded(logarithms: Floats) -> float:
        found = loss(np.exp(np.clip(logarithms, -12, 12)))  # type: ignore[operator]
        return float(found) if np.isfinite(found) else 1e9

    options = {"maxiter": 1500, "xatol": 1e-4, "fatol": 1e-8}
    best = minimize(bounded, np.log(start), method="Nelder-Mead", options=options)
    return tuple(np.exp(np.clip(best.x, -12, 12)).tolist())
