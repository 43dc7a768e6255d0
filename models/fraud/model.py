"""The fitted fraud model: probability, anomaly and reasons for a batch of attempts; one attempt is a batch of one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from marketplace.errors import FeaturesMissingError
from marketplace.fraud_rules import RULES_VERSION
from models.fraud.anomaly import IsolationTrees
from models.fraud.classifier import Calibration, Classifier
from models.fraud.config import FraudConfig
from models.fraud.decision import Thresholds
from models.fraud.features import FEATURE_SERVICE, FEATURES, to_matrix
from models.fraud.operating_points import OperatingPoint, operating_points_section
from models.fraud.prior import Prior

Floats = npt.NDArray[np.float64]
Rows: TypeAlias = pd.DataFrame | Sequence[Mapping[str, Any]]
Contribution = tuple[str, float]


@dataclass(frozen=True)
class Scored:
    """What one pass over some attempts says; `contributions` holds one row per attempt, one column per name."""

    probability: Floats
    anomaly_score: Floats
    contributions: Floats
    names: tuple[str, ...]


@dataclass(frozen=True)
class FraudModel:
    """Isolation Forest and, where labels allow it, a calibrated LightGBM classifier that reads its score too.

    Without a classifier (`is_cold_start`) the probability is an assumption, not a measurement: the assumed share of fraud
    spread over the attempts by how unusual they are among `anomaly_quantiles`.
    """

    trees: IsolationTrees
    anomaly_quantiles: Floats
    thresholds: Thresholds
    training_cutoff: datetime
    config: FraudConfig
    classifier: Classifier | None = None
    calibration: Calibration = field(default_factory=Calibration)
    operating_points: tuple[OperatingPoint, ...] = ()

    @property
    def is_cold_start(self) -> bool:
        """Whether there were too few labels to learn from."""
        return self.classifier is None

    @property
    def card_section(self) -> str:
        """What this version says of itself on its model card."""
        return operating_points_section(self.operating_points)

    def score(self, rows: Rows) -> pd.DataFrame:
        """`probability` (calibrated) and `anomaly_score` (0 to 1) per row."""
        probability, anomaly = self.score_matrix(to_matrix(rows))
        index = rows.index if isinstance(rows, pd.DataFrame) else None
        return pd.DataFrame({"probability": probability, "anomaly_score": anomaly}, index=index)

    def score_matrix(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Probability and anomaly score per row of a `to_matrix` matrix."""
        anomaly = self.trees.score(matrix)
        if self.classifier is None:
            return self._assumed_probability(anomaly), anomaly
        return self.calibration.probability(self.classifier.margin(np.column_stack([matrix, anomaly]))), anomaly

    def score_with_reasons(self, rows: Rows) -> Scored:
        """Probability and anomaly score, to the bit those of `score_matrix`, and what moved them.

        Contributions are SHAP values in calibrated log-odds, which add up to the log-odds of the probability less a
        constant. At cold start they are the parts of the anomaly score that typical values would take away.
        """
        matrix = to_matrix(rows)
        anomaly = self.trees.score(matrix)
        if self.classifier is None:
            parts = np.array([self.trees.contributions(row) for row in matrix]).reshape(len(matrix), len(FEATURES))
            return Scored(self._assumed_probability(anomaly), anomaly, parts, FEATURES)
        wide = np.column_stack([matrix, anomaly])
        shares = self.classifier.contributions(wide)
        # The sum of the shares is the margin too, but for its last bits.
        probability = self.calibration.probability(self.classifier.margin(wide))
        return Scored(probability, anomaly, self.calibration.slope * shares[:, :-1], (*FEATURES, "anomaly_score"))

    def explain(self, rows: Rows) -> list[list[Contribution]]:
        """Per row, every feature that moved the score with its signed contribution, strongest first."""
        scored = self.score_with_reasons(rows)
        order = np.argsort(-np.abs(scored.contributions), axis=1)
        return [
            [(scored.names[column], float(values[column])) for column in columns if values[column] != 0]
            for values, columns in zip(scored.contributions, order, strict=True)
        ]

    def _assumed_probability(self, anomaly: Floats) -> Floats:
        # The share of usual attempts that are less strange; -log(1 - share) has mean one, so the mean of the
        # probabilities is the assumed rate, and most of it lies on the strangest.
        share = np.searchsorted(self.anomaly_quantiles, anomaly) / (len(self.anomaly_quantiles) + 1)
        return np.minimum(self.config.assumed_fraud_rate * -np.log1p(-share), 0.5)

    def save(self, folder: Path) -> None:
        """Write the model into `folder`: LightGBM text, arrays, and a JSON file with the rest."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {"anomaly_quantiles": self.anomaly_quantiles, **self.trees.arrays()}
        np.savez(folder / "anomaly.npz", **arrays)
        if self.classifier is not None:
            (folder / "classifier.txt").write_text(self.classifier.booster.model_to_string())
            np.savez(folder / "prior.npz", **self.classifier.prior.arrays())  # type: ignore[arg-type]
        about = {
            "features": FEATURES,
            "feature_service": FEATURE_SERVICE,
            "thresholds": self.thresholds.to_json(),
            "calibration": asdict(self.calibration),
            "operating_points": [point.to_json() for point in self.operating_points],
            "training_cutoff": self.training_cutoff.isoformat(),
            "config": self.config.to_json(),
            "rules_version": RULES_VERSION,
            "is_cold_start": self.is_cold_start,
        }
        (folder / "fraud.json").write_text(json.dumps(about, indent=1))

    @classmethod
    def load(cls, folder: Path) -> "FraudModel":
        """The model that `save` wrote.

        Raises:
            FeaturesMissingError: it was trained on other columns or beside other rules than this code has.
        """
        about = json.loads((folder / "fraud.json").read_text())
        if tuple(about["features"]) != FEATURES:
            raise FeaturesMissingError(
                f"the fraud model in {folder} reads other features than this code computes; train it again"
            )
        if about["rules_version"] != RULES_VERSION:
            raise FeaturesMissingError(
                f"the fraud model in {folder} learnt beside {about['rules_version']}, now {RULES_VERSION} decide; train it again"
            )
        classifier = None
        if not about["is_cold_start"]:
            import lightgbm

            with np.load(folder / "prior.npz") as arrays:
                prior = Prior.from_arrays(arrays)
            classifier = Classifier(lightgbm.Booster(model_str=(folder / "classifier.txt").read_text()), prior)
        with np.load(folder / "anomaly.npz") as arrays:
            trees, quantiles = IsolationTrees.from_arrays(arrays), arrays["anomaly_quantiles"]
        return cls(
            trees=trees,
            anomaly_quantiles=quantiles,
            thresholds=Thresholds(**about["thresholds"]),
            training_cutoff=datetime.fromisoformat(about["training_cutoff"]),
            config=FraudConfig.from_json(about["config"]),
            classifier=classifier,
            calibration=Calibration(**about["calibration"]),
            operating_points=tuple(OperatingPoint(**point) for point in about["operating_points"]),
        )
