"""What the figures of the fraud desk look like, each with the words that define it."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from storefront_api.fraud_reviews.risk import RiskLevel


class Figure(BaseModel):
    """One number of the period; null where there is nothing to divide by."""

    name: str
    label: str
    value: float | None
    unit: Literal["count", "rate", "seconds", "money"]
    definition: str


class Share(BaseModel):
    """`part` of `whole`, with the exact 95 % interval (Clopper and Pearson); null where the whole is empty."""

    part: int
    whole: int
    value: float | None
    low: float | None
    high: float | None


class Band(BaseModel):
    """One band of the score. `recall` is of this band and those above it; `estimated_frauds` is the sum of its probabilities."""

    risk: RiskLevel
    lowest: int | None
    highest: int | None
    attempts: int
    alerts: int
    reviewed: int
    precision: Share
    frauds: int
    recall: Share | None
    estimated_frauds: float | None


class Day(BaseModel):
    """One day of the shop; `frauds` and `legitimates` are the reviewed alerts of that day."""

    day: date
    attempts: int
    alerts: int
    frauds: int
    legitimates: int


class OpenByAge(BaseModel):
    """Cases that are not closed, by whole days since they were opened."""

    days_0_2: int
    days_3_10: int
    days_11_30: int
    days_over_30: int


class Analytics(BaseModel):
    """The desk in a period of the shop's days, both included."""

    from_date: date
    to_date: date
    currency: str
    figures: list[Figure]
    bands: list[Band]
    days: list[Day]
    open_by_age: OpenByAge


class Tried(BaseModel):
    """What one threshold would have meant: an alert for every scored attempt from this score on."""

    threshold: int
    alerts: int
    alerts_per_day: float
    alert_rate: float | None
    precision: Share
    recall: Share
    false_positive_rate: float | None
    caught_minor: int
    missed_minor: int
    review_cost_minor: int
    net_minor: int


class RowsBehind(BaseModel):
    """The scored attempts that a threshold was tried on; precision, recall and money look at those with a known outcome."""

    attempts: int
    known: int
    labelled: int
    silent: int
    unknown: int
    alerted_below: int
    versions: list[str]
    first_at: datetime | None
    last_at: datetime | None


class WhatIf(BaseModel):
    """A threshold tried on the past, beside today's and the others."""

    from_date: date
    to_date: date
    currency: str
    cost_per_review_minor: int
    chosen: Tried
    current: Tried
    thresholds: list[Tried]
    rows: RowsBehind


class ReportRow(BaseModel):
    """One line of a part of the report; what a part does not tell is null."""

    name: str
    count: int
    amount_minor: int
    frauds: int | None = None
    fraud_minor: int | None = None
    lost_minor: int | None = None
    saved_minor: int | None = None


class ReportPart(BaseModel):
    """Lines that add up to `total`, with what they count."""

    name: str
    title: str
    definition: str
    rows: list[ReportRow]
    total: ReportRow


class FraudReport(BaseModel):
    """What fraud cost and what was stopped in a period of the shop's days, both included."""

    from_date: date
    to_date: date
    currency: str
    parts: list[ReportPart]


class Estimated(BaseModel):
    """A figure as calibrated probabilities estimate it, the 95 % of chance around that, and the same figure by labels.

    `realised` is null while too few labels have come to say it; `is_within_chance` whether it lies within the bounds, said of
    mature weeks only. Each figure alone lies outside one time in twenty even when the score is calibrated.
    """

    estimated: float | None
    low: float | None
    high: float | None
    realised: float | None
    is_within_chance: bool | None


class Weeks(BaseModel):
    """Days of the shop, their scored attempts whose outcome can become known, and what is estimated of these.

    Refused attempts that never were a case are left out: nobody will ever say what they were. Once `is_mature`, estimated and
    realised figures are of the `known` attempts alone. `known_share` is the share of the frauds that should be known by now, null
    while too few frauds are known to say how late news comes. `is_calibrated` is the verdict on the four figures together, false
    for one calibrated score in twenty at most; null of young weeks and where no outcome is known.
    """

    from_date: date
    to_date: date
    attempts: int
    known: int
    is_mature: bool
    known_share: float | None
    is_calibrated: bool | None
    frauds: Estimated
    average_precision: Estimated
    precision: Estimated
    recall: Estimated


class Reliability(BaseModel):
    """Known attempts of mature weeks whose probability lies from `lowest` to below `highest`: its mean, and their frauds."""

    lowest: float
    highest: float
    estimated: float | None
    realised: Share


class LabelLag(BaseModel):
    """The share of frauds known after 0, 1, 2 ... days, of those known within as many days as there are.

    Of `frauds` frauds. It ends at the last day that `fewest` attempts have reached and were known as fraud by, and is empty where
    no day has so many. After `silence_days` silence about a payment means legitimate.
    """

    frauds: int
    fewest: int
    shares: list[float]
    silence_days: int


class Estimates(BaseModel):
    """What is estimated before labels come, beside what labels realised: of the `young` weeks together, and of the `mature`."""

    from_date: date
    to_date: date
    young: Weeks | None
    mature: Weeks | None
    weeks: list[Weeks]
    reliability: list[Reliability]
    label_lag: LabelLag
