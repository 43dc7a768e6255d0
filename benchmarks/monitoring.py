"""What does a night's drift job cost for 100,000 rows of everything that the fraud model reads, and does it cry wolf?

`python -m benchmarks.monitoring [--large]`: nine weeks of rows, eight of them the reference, 10,000, 30,000 and 100,000 in
all (1,000,000 if large). Peers in the same run, on the same rows: pandas' `describe` of every column, and one numpy histogram
per number. Neither compares anything: they say what it costs to look at the rows at all. The bar is 60 s per 100,000 rows.

Then how well a calibrated score does, over drawn weeks: of twenty quiet ones in each of several shops no more than 5 % may raise
an alert, and each of three faults that begin in the tenth week is to be found within three. The peer is the rule that NannyML
applies by default, a fixed band of three standard deviations of the reference around its mean, on the same estimates.
"""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks._growth import Cost, cost_of, growth_exponent, in_a_process, machine

ROWS = (10_000, 30_000, 100_000)
WEEKS = 9
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
BAR_SECONDS = 60.0
SHOPS, A_WEEK, STREAMS = range(1, 6), (1_500, 4_000), ("estimates", "realised")
BAR_FALSE_ALARMS = 0.05


def main() -> None:
    rows = (*ROWS, 1_000_000) if "--large" in sys.argv else ROWS
    print(machine())
    print(f"{'rows':>10} {'columns':>8} {'drift s':>8} {'describe s':>11} {'histogram s':>12} {'× describe':>10} {'peak MB':>8}")
    found = []
    for count in rows:
        (ours, describe, histogram, columns), peak = in_a_process(measure, count)
        found.append((count, ours.cpu))
        times = f"{ours.cpu:>8.2f} {describe.cpu:>11.2f} {histogram.cpu:>12.2f} {ours.cpu / describe.cpu:>10.2f}"
        print(f"{count:>10,} {columns:>8} {times} {peak:>8,.0f}", flush=True)
    sizes, costs = zip(*found, strict=True)
    per_bar = costs[-1] * 100_000 / sizes[-1]
    verdict = "within" if per_bar <= BAR_SECONDS else "over"
    print(f"growth exponent {growth_exponent(sizes, costs):.2f}; {per_bar:.1f} s per 100,000 rows, {verdict} {BAR_SECONDS:.0f} s")
    print()
    say_false_alarms()


def measure(count: int) -> tuple[Cost, Cost, Cost, int]:
    """Processor seconds of the drift of the newest week, of `describe` and of the histograms; and the number of columns."""
    import numpy as np

    from models.monitoring import complete_windows, measure_drift
    from models.monitoring.windows import WEEK
    from pipelines.defs.monitoring.watched import watched_models

    features = watched_models()[0].features
    rows = frame(count, features)
    windows = complete_windows(MONDAY, MONDAY + WEEKS * WEEK, WEEK)
    since = MONDAY - timedelta(days=365)
    numbers = rows.select_dtypes("number")

    def histograms() -> None:
        for name in numbers:
            np.histogram(numbers[name].to_numpy(), bins=64)

    ours = cost_of(lambda: measure_drift(rows, features, windows, judged=windows[-1:], since=since), repeats=2)
    return ours, cost_of(lambda: rows.describe(include="all"), repeats=2), cost_of(histograms, repeats=2), len(features)


def say_false_alarms() -> None:
    """Per size of shop: alerts of quiet weeks, and in how many shops each fault is found within three weeks."""
    from benchmarks._drawn_scores import FOUND_BY, LIVE, SHIFTS, drawn_scores
    from models.monitoring import alerts_of

    print(f"{'attempts a week':>15} {'shops':>6} {'false alarms':>13} {'three sigma':>12}  " + "  ".join(SHIFTS))
    for attempts in A_WEEK:
        false, by_band = 0, 0
        for seed in SHOPS:
            quiet = [performance_drift(*drawn_scores(seed, attempts=attempts), stream) for stream in STREAMS]
            false += sum(len(alerts_of(drift)) for drift in quiet)
            by_band += weeks_outside_of_three_sigma(quiet[0])
        found = []
        for name in SHIFTS:
            hits = 0
            for seed in SHOPS:
                scored, judged = drawn_scores(seed, attempts=attempts, shift=name)
                alerts = alerts_of(performance_drift(scored, judged, FOUND_BY[name]))
                hits += any(judged[9].start <= alert.window_start <= judged[11].start for alert in alerts)
            found.append(f"{hits}/{len(SHOPS)}".rjust(len(name)))
        weeks = LIVE * len(SHOPS)
        verdict = "within" if false / weeks <= BAR_FALSE_ALARMS else "OVER"
        shares = f"{false / weeks:>12.1%} {by_band / weeks:>12.1%}"
        print(
            f"{attempts:>15,} {len(SHOPS):>6} {shares}  {'  '.join(found)}  false alarms {verdict} {BAR_FALSE_ALARMS:.0%}",
            flush=True,
        )


def performance_drift(scored: Any, judged: Any, stream: str) -> Any:
    """The table of drift of one stream of how well the fraud model does."""
    from marketplace.fraud_outcomes import LABEL_DELAY
    from models.monitoring import measure_estimates, measure_realised

    if stream == "estimates":
        drift = measure_estimates(scored, judged, mature_after=LABEL_DELAY)
    else:
        drift = measure_realised(scored, judged)
    return drift.assign(model_name="fraud", model_version="1", stream=stream)


def weeks_outside_of_three_sigma(drift: Any) -> int:
    """In how many weeks any estimate falls below the mean of the first eight by three of their standard deviations."""
    import pandas as pd

    told = drift.assign(estimated=[details["estimated"] for details in drift["details"]])
    weeks = pd.pivot_table(told, index="window_start", columns="feature", values="estimated")
    reference = weeks.iloc[:8]
    return int((weeks.iloc[8:] < reference.mean() - 3 * reference.std()).any(axis=1).sum())


def frame(count: int, features: Any) -> Any:
    """Made-up rows: counts that are mostly small, amounts with a long tail, a few categories, many identifiers."""
    import numpy as np
    import pandas as pd

    from models.monitoring import Kind

    rng = np.random.default_rng(7)
    seconds = np.sort(rng.uniform(0, WEEKS * 7 * 86_400, count))
    columns: dict[str, Any] = {"at": pd.Timestamp(MONDAY) + pd.to_timedelta(seconds, unit="s")}
    for feature in features:
        if feature.kind is Kind.NUMBER:
            is_count = "count" in feature.name or "attempts" in feature.name
            columns[feature.name] = rng.poisson(1.5, count).astype(float) if is_count else rng.lognormal(8, 1, count)
        elif feature.kind is Kind.CATEGORY:
            columns[feature.name] = rng.choice(["BD", "IN", "US", "GB", "AE"], count, p=[0.8, 0.08, 0.06, 0.04, 0.02])
        else:
            columns[feature.name] = np.char.mod("d%08x", rng.integers(0, max(count // 4, 1), count)).astype(object)
    return pd.DataFrame(columns)


if __name__ == "__main__":
    main()
