"""Daily UTC partitions of the feature tables."""

from datetime import date

import dagster as dg

# Earlier than any order that a source brings; runs only touch the days that the data has.
FIRST_DAY = date(2010, 1, 1)

# The current UTC day is a partition too: its midnight is when yesterday's values became known.
DAILY = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat(), end_offset=1)
