"""What is known of a payment attempt by a given day, and what silence about it means: said once for training and back-tests."""

from datetime import timedelta

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]

# An attempt without a label counts as legitimate once it is this old. Chargebacks take up to a month; waiting for the last of
# them would leave no recent past to learn from, so a few late frauds are taken for legitimate.
LABEL_DELAY = timedelta(days=21)


def known_outcome(*, is_labelled: Flags, is_fraud: Flags, is_old: Flags, is_paid: Flags) -> npt.NDArray[np.float64]:
    """1 fraud, 0 legitimate, NaN not known yet.

    Silence means legitimate only for a payment that went through and is older than `LABEL_DELAY`; a refused payment is
    never charged back, so silence about it says nothing.
    """
    return np.where(is_labelled, is_fraud.astype(float), np.where(is_old & is_paid, 0.0, np.nan))
