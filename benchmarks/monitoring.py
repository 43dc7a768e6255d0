"""What does a night's drift job cost for 100,000 rows of everything that the fraud model reads, and does it cry wolf?

`python -m benchmarks.monitoring [--large]`: nine weeks of rows, eight of them the reference, 10,000, 30,000 and 100,000 in
all (1,000,000 if large). Peers in the same run, on the same rows: pandas' `describe` of every column, and one numpy histogram
per number. Neither compares anything: they say what it costs to look at the rows at all. The bar is 60 s per 100,000 rows.

Then how well a calibrated score does, over drawn weeks: of twenty quiet ones in each of several shops something may fire in no
more than 5 %, and each of three faults that begin in the tenth week is to be found within three. The peer is a band of three
sigma, as NannyML's default, lower side, on the same estimates; its reference are the eight weeks that were mature beforehand.
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
    """Per size of shop: quiet weeks in which something fires, and in how many shops each fault is found within three weeks."""
    from benchmarks._drawn_scores import FOUND_BY, LIVE, SHIFTS, drawn_scores
    from models.monitoring import alerts_of

    head = f"{'attempts a week':>15} {'shops':>6} {'false alarms':>13} {'of estimates':>13} {'three sigma':>12}"
    print("quiet weeks in which something fires, and shops in which a fault is found")
    print(f"{head}  " + "  ".join(SHIFTS))
    for attempts in A_WEEK:
        either, estimated, by_band = 0, 0, 0
        for seed in SHOPS:
            scored, judged = drawn_scores(seed, attempts=attempts)
            estimates, realised = (weeks_that_fire(performance_drift(scored, judged, stream)) for stream in STREAMS)
            either += len(estimates | realised)
            estimated += len(estimates)
            by_band += weeks_below_three_sigma(scored, judged)
        found = []
        for name in SHIFTS:
            hits = 0
            for seed in SHOPS:
                scored, judged = drawn_scores(seed, attempts=attempts, shift=name)
                alerts = alerts_of(performance_drift(scored, judged, FOUND_BY[name]))
                hits += any(judged[9].start <= alert.window_start <= judged[11].start for alert in alerts)
            found.append(f"{hits}/{len(SHOPS)}".rjust(len(name)))
        weeks = LIVE * len(SHOPS)
        verdict = "within" if either / weeks <= BAR_FALSE_ALARMS else "OVER"
        shares = f"{either / weeks:>13.1%} {estimated / weeks:>13.1%} {by_band / weeks:>12.1%}"
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


def weeks_that_fire(drift: Any) -> set[datetime]:
    """The weeks in which any figure fires by the rule of alerts, whether or not an alert is open."""
    from models.monitoring import MonitoringConfig
    from models.monitoring.rule import Level, judge

    fired, config = set(), MonitoringConfig()
    for _, rows in drift[drift["status"] == "judged"].sort_values("window_start").groupby("feature"):
        levels = [Level(level) for level in rows["level"]]
        windows = [details.get("windows", 1) for details in rows["details"]]
        fired |= {
            start
            for until, start in enumerate(rows["window_start"], start=1)
            if judge(levels[:until], config, windows=windows[until - 1])
        }
    return fired


def weeks_below_three_sigma(scored: Any, judged: Any) -> int:
    """In how many judged weeks any estimate falls below the mean of the reference by three of its standard deviations."""
    import numpy as np

    from marketplace.estimated_performance import estimated_performance
    from models.monitoring import MonitoringConfig
    from models.monitoring.performance import RATES

    told = [estimated_performance(week.attempts, week.probability, week.is_high) for week in scored]
    values = np.array([[getattr(week, name).value for name in RATES] for week in told])
    reference, live = values[: MonitoringConfig().reference_windows], values[-len(judged) :]
    return int((live < reference.mean(axis=0) - 3 * reference.std(axis=0, ddof=1)).any(axis=1).sum())


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
