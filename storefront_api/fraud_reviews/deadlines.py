"""How long an analyst keeps a case, and how long a customer may wait for one."""

from datetime import timedelta

# A claim is given up after this long, so that a closed laptop does not hold an order back.
CLAIM_LIFETIME = timedelta(minutes=60)
# A held order is somebody's parcel: longer than this nobody is asked for, or waited for.
LONGEST_SNOOZE = timedelta(days=7)
# The desk's promise: a held order hears from us within a day.
DECIDE_WITHIN = timedelta(hours=24)
