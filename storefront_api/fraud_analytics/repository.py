"""Every query of the fraud desk's figures; each adds up in the database and gives back a handful of rows."""

from dataclasses import dataclass
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.fraud_analytics.judged import JUDGED, LAST_WORDS
from storefront_api.fraud_analytics.periods import Period


async def _rows(connection: AsyncConnection[DictRow], query: str, values: dict[str, Any]) -> list[DictRow]:
    return await (await connection.execute(query, values)).fetchall()  # type: ignore[arg-type]


@dataclass(frozen=True)
class Counted:
    """The attempts of a period added up: for each score (null where only rules decided), for each day that has any, and whole."""

    by_score: list[DictRow]
    by_day: list[DictRow]
    whole: DictRow


async def counted(connection: AsyncConnection[DictRow], period: Period) -> Counted:
    """Every count of the period's figures, in one pass over its attempts."""
    rows = await _rows(
        connection,
        f"""
        with {JUDGED}
        select grouping(score, day) as level, score, day, count(*)::int as attempts,
            count(*) filter (where is_alert)::int as alerts, count(*) filter (where is_reviewed)::int as reviewed,
            count(*) filter (where is_reviewed and is_fraud)::int as reviewed_frauds,
            count(*) filter (where is_fraud)::int as frauds, count(*) filter (where not is_fraud)::int as legitimates,
            count(*) filter (where is_alert and is_fraud)::int as alerted_frauds,
            count(*) filter (where is_alert and not is_fraud)::int as alerted_legitimates,
            count(*) filter (where label_source is not null)::int as labelled,
            coalesce(sum(amount_minor) filter (where is_fraud), 0)::bigint as fraud_minor,
            coalesce(sum(amount_minor) filter (where is_reviewed and is_fraud and is_stopped), 0)::bigint
                as saved_minor,
            coalesce(sum(probability), 0)::float as estimated_frauds,
            min(decided_at) filter (where score is not null) as first_at,
            max(decided_at) filter (where score is not null) as last_at,
            coalesce(percentile_disc(0.5) within group (order by amount_minor) filter (where score is not null), 0)::bigint
                as median_minor,
            coalesce(array_agg(distinct model_version) filter (where model_version is not null), '{{}}') as versions
        from judged group by grouping sets ((score), (day), ()) order by level, score desc nulls last, day
        """,
        period.values,
    )
    # a bit of `level` is set where its column is added up over: score and day are the bits 2 and 1
    return Counted(
        by_score=[row for row in rows if row["level"] == 1],
        by_day=[row for row in rows if row["level"] == 2],
        whole=next(row for row in rows if row["level"] == 3),
    )


async def handling(connection: AsyncConnection[DictRow], period: Period) -> DictRow:
    """How fast the cases went that an analyst closed in the period, and how old those are that are open now."""
    rows = await _rows(
        connection,
        """
        with closed as (
            select closed_at - opened_at as took from shop.fraud_cases as c
            where closed_at >= %(since)s and closed_at < %(until)s and exists (
                select from shop.fraud_labels as l where l.payment_attempt_id = c.payment_attempt_id
                and l.label_source = 'analyst' and l.labelled_at = c.closed_at)
        ), open as (
            select extract(epoch from %(now)s - opened_at) / 86400 as days from shop.fraud_cases where status <> 'closed'
        )
        select (select count(*)::int from closed) as closed,
            (select count(*)::int from closed where took <= %(within)s) as closed_in_time,
            (select extract(epoch from percentile_cont(0.5) within group (order by took))::float from closed) as median_seconds,
            (select extract(epoch from percentile_cont(0.9) within group (order by took))::float from closed) as slow_seconds,
            (select count(*)::int from open where days < 3) as open_0_2,
            (select count(*)::int from open where days >= 3 and days < 11) as open_3_10,
            (select count(*)::int from open where days >= 11 and days < 31) as open_11_30,
            (select count(*)::int from open where days >= 31) as open_over_30
        """,
        period.values,
    )
    return rows[0]


async def scored(connection: AsyncConnection[DictRow], period: Period) -> list[DictRow]:
    """The scored attempts whose outcome is known or can become so, in groups of a week and nearly one probability."""
    return await _rows(
        connection,
        f"""
        with {JUDGED}
        select date_trunc('week', day)::date as monday, score >= %(review_score)s as is_high,
            avg(probability)::float as probability, count(*)::int as attempts, count(is_fraud)::int as known,
            count(*) filter (where is_fraud)::int as frauds
        from judged where probability is not null and (payment_outcome <> 'declined' or is_alert or is_fraud is not null)
        group by 1, 2, round(probability::numeric, 3) order by 1, 3 desc
        """,
        period.values,
    )


async def label_lags(connection: AsyncConnection[DictRow], period: Period) -> list[DictRow]:
    """Attempts of half a year that are known as fraud, by the days until that was first said and by the days until now."""
    return await _rows(
        connection,
        f"""
        with {LAST_WORDS}, first_words as (select payment_attempt_id, min(at) as at from words where is_fraud group by 1)
        select greatest(ceil(extract(epoch from f.at - a.attempted_at) / 86400), 0)::int as lag_days,
            floor(extract(epoch from %(now)s - a.attempted_at) / 86400)::int as age_days, count(*)::int as frauds
        from last_words join first_words as f using (payment_attempt_id)
            join shop.payment_attempts as a using (payment_attempt_id)
        where is_fraud and f.at <= %(now)s and a.attempted_at > %(now)s - interval '180 days' and a.attempted_at <= %(now)s
        group by 1, 2
        """,
        period.values,
    )


async def report(connection: AsyncConnection[DictRow], period: Period, column: Literal["decision", "method"]) -> list[DictRow]:
    """Attempts and money of the period for each value of a column, with what is known as fraud by now."""
    return await _rows(
        connection,
        f"""
        with {JUDGED}
        select {column} as name, count(*)::int as count, sum(amount_minor)::bigint as amount_minor,
            count(*) filter (where is_fraud)::int as frauds,
            coalesce(sum(amount_minor) filter (where is_fraud), 0)::bigint as fraud_minor,
            coalesce(sum(amount_minor) filter (where is_fraud and payment_outcome = 'authorised' and not is_stopped), 0)::bigint
                as lost_minor,
            coalesce(sum(amount_minor) filter (where is_fraud and is_reviewed and is_stopped), 0)::bigint
                as saved_minor
        from judged group by 1 order by amount_minor desc, 1
        """,
        period.values,
    )


async def chargebacks(connection: AsyncConnection[DictRow], period: Period) -> list[DictRow]:
    """Chargebacks that came in the period, whenever the order was paid, by reason."""
    return await _rows(
        connection,
        "select reason as name, count(*)::int as count, sum(amount_minor)::bigint as amount_minor from shop.chargebacks"
        " where received_at >= %(since)s and received_at < %(until)s and currency = %(currency)s"
        " group by 1 order by amount_minor desc, 1",
        period.values,
    )


async def findings(connection: AsyncConnection[DictRow], period: Period) -> list[DictRow]:
    """What analysts found in the period, whenever the attempt was made, by outcome."""
    return await _rows(
        connection,
        "select l.outcome as name, count(*)::int as count, sum(a.amount_minor)::bigint as amount_minor"
        " from shop.fraud_labels as l join shop.payment_attempts as a using (payment_attempt_id)"
        " where label_source = 'analyst' and labelled_at >= %(since)s and labelled_at < %(until)s and currency = %(currency)s"
        " group by 1 order by amount_minor desc, 1",
        period.values,
    )
