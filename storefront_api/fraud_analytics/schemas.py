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
    """One band of the score. `recall` is of this band and those above it; `expected_frauds` is what the score promised."""

    risk: RiskLevel
    lowest: int | None
    highest: int | None
    attempts: int
    alerts: int
    reviewed: int
    precision: Share
    frauds: int
    recall: Share | None
    expected_frauds: float | None


class Day(BaseModel):
    """One day of the shop; `frauds` and `legitimates` are the reviewed alerts of that day."""

    day: date
    attempts: int
    alerts: int
    frauds: int
    legitimates: int


class Week(BaseModel):
    """Seven of the shop's days, fewer at the ends of a period: what the score promised of them, and what has been found.

    `expected_frauds`, `expected_precision` and `expected_recall` are sums of calibrated probabilities, known at once; precision
    and recall look at what is known by now of the attempts at or above the review threshold. `is_mature` once silence about
    every attempt of the week means legitimate: before, the found frauds are too few.
    """

    from_date: date
    to_date: date
    attempts: int
    expected_frauds: float
    frauds: int
    expected_precision: float | None
    precision: Share
    expected_recall: float | None
    recall: Share
    is_mature: bool


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
    weeks: list[Week]
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
