"""What the endpoint on shadow decisions gives out."""

from datetime import datetime

from pydantic import BaseModel

from marketplace.vocabulary import FraudDecision


class ShadowComparison(BaseModel):
    """Attempts on which one version of the challenger would have decided so, while checkout decided so."""

    challenger_version: str
    live_decision: FraudDecision
    shadow_decision: FraudDecision
    attempt_count: int
    amount_minor: int
    fraud_count: int
    legitimate_count: int
    since: datetime
    until: datetime
