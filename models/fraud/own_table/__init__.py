"""Fraud on transactions that somebody brings: features from the past only, our model and plain baselines, intervals."""

from models.fraud.own_table.evaluate import FraudColumns, Protocol, Split, evaluate_fraud

__all__ = ["FraudColumns", "Protocol", "Split", "evaluate_fraud"]
