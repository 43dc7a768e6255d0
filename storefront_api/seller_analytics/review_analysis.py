"""What customers say of a seller: stars over time, how the words read, and themes with quotes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.days import Days
from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.analytics.rows import Column, RowTable
from storefront_api.seller_analytics.periods import Period
from storefront_api.seller_analytics.suppression import FEWEST_REVIEWS

YEAR_DAYS = 365
_HARSHER = 4
# A theme shows this many quotes, of its newest reviews those that are still shown.
_QUOTES_SHOWN, _QUOTES_READ = 2, 20


@dataclass(frozen=True)
class StarMonth:
    """Reviews of a month; `star_mean` is None below `FEWEST_REVIEWS`."""

    month: date
    review_count: int
    star_mean: float | None


@dataclass(frozen=True)
class Quote:
    """What one customer wrote, read live: a review that was hidden or taken back since is not quoted."""

    review_id: str
    product_title: str
    rating: int
    title: str | None
    body: str | None
    language: str
    reviewed_at: datetime


@dataclass(frozen=True)
class QuotedTheme:
    """A phrase that several customers used, with some of their reviews."""

    phrase: str
    kind: str
    review_count: int
    star_mean: float
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class ReviewAnalysis:
    """The reviews of `days`, the last year; `tones` and `themes` are empty until the model has read them.

    Attributes:
        stars: how many reviews gave each number of stars.
        tones: how many reviews with words read negative, mixed, positive.
        harsher: reviews of four or five stars whose words read negative, newest first.
    """

    days: Days
    review_count: int
    star_mean: float | None
    stars: dict[int, int]
    months: list[StarMonth]
    tones: dict[str, int]
    harsher: list[Quote]
    themes: list[QuotedTheme]
    model_version: str | None
    computed_at: datetime | None


DEFINITIONS = (
    FigureDefinition(
        "star_mean",
        "Mean stars",
        "count",
        f"Mean of the stars of the reviews of the last {YEAR_DAYS} days that moderation did not hide; told from {FEWEST_REVIEWS}"
        " reviews on.",
        "marts.fct_reviews",
        "reviews",
    ),
    FigureDefinition(
        "review_tones",
        "How the words read",
        "count",
        "Reviews with words by how a model reads them, whatever their stars: praise, mixed or complaint.",
        "predictions.review_tones",
        "reviews",
    ),
    FigureDefinition(
        "review_themes",
        "Themes",
        "count",
        "Reviews of a year that hold the same phrase, from three customers on, where the phrase leans clearly to praise or to"
        " complaint over the whole shop and the stars of those reviews agree.",
        "predictions.review_themes",
        "theme_reviews",
    ),
)
ROW_TABLES = (
    RowTable(
        "reviews",
        "Reviews",
        "One row per review of your products that moderation did not hide, with how its words read. Who wrote it stays with the"
        " shop.",
        (
            Column("reviewed_at", "Written", "instant"),
            Column("review_id", "Review", "text"),
            Column("product_id", "Product", "text"),
            Column("rating", "Stars", "count", adds_up=True),
            Column("tone", "Words read", "text"),
            Column("title", "Title", "text"),
            Column("body", "Words", "text"),
        ),
        """
        select reviews.reviewed_at, reviews.review_id, reviews.product_id, reviews.rating, tones.tone, reviews.title, reviews.body
        from marts.fct_reviews as reviews
        left join predictions.review_tones as tones using (review_id)
        where reviews.seller_id = %(seller_id)s and reviews.reviewed_at >= %(since)s and reviews.reviewed_at < %(until)s
        """,
        ("reviewed_at", "review_id"),
        tab="reviews",
    ),
    RowTable(
        "theme_reviews",
        "Reviews of the themes",
        "One row per theme and review that holds its phrase; a review may hold several. Who wrote it stays with the shop.",
        (
            Column("phrase", "Theme", "text"),
            Column("kind", "Kind", "text"),
            Column("reviewed_at", "Written", "instant"),
            Column("review_id", "Review", "text"),
            Column("product_id", "Product", "text"),
            Column("rating", "Stars", "count"),
            Column("title", "Title", "text"),
            Column("body", "Words", "text"),
        ),
        """
        select themes.phrase, themes.kind, reviews.reviewed_at, reviews.review_id, reviews.product_id, reviews.rating,
            reviews.title, reviews.body
        from predictions.review_themes as themes
        cross join lateral unnest(themes.review_ids) as held (review_id)
        inner join marts.fct_reviews as reviews on reviews.review_id = held.review_id
        where themes.seller_id = %(seller_id)s and reviews.seller_id = %(seller_id)s
        """,
        ("phrase", "reviewed_at", "review_id"),
        tab="reviews",
        has_period=False,
        nothing="No theme that three customers share yet.",
    ),
)


async def review_analysis(connection: AsyncConnection[DictRow], period: Period) -> ReviewAnalysis:
    """The year that ends with the last day with figures, in the seller's own months."""
    days = Days(period.known.last - timedelta(days=YEAR_DAYS - 1), period.known.last)
    values = period.values(days) | {"fewest": FEWEST_REVIEWS, "limit": _HARSHER}
    stars = {row["rating"]: row["review_count"] for row in await _rows(connection, _STARS, values)}
    count = sum(stars.values())
    tones = await _rows(connection, _TONES, values)
    return ReviewAnalysis(
        days=days,
        review_count=count,
        star_mean=sum(rating * number for rating, number in stars.items()) / count if count >= FEWEST_REVIEWS else None,
        stars={rating: stars.get(rating, 0) for rating in range(5, 0, -1)},
        months=[StarMonth(**row) for row in await _rows(connection, _MONTHS, values)],
        tones={row["tone"]: row["review_count"] for row in tones},
        harsher=[Quote(**row) for row in await _rows(connection, _HARSHER_REVIEWS, values)],
        themes=await _themes(connection, values),
        model_version=tones[0]["model_version"] if tones else None,
        computed_at=tones[0]["computed_at"] if tones else None,
    )


async def _themes(connection: AsyncConnection[DictRow], values: dict[str, Any]) -> list[QuotedTheme]:
    found = await _rows(
        connection,
        f"select phrase, kind, review_count, star_mean, review_ids[:{_QUOTES_READ}] as review_ids from predictions.review_themes"
        " where seller_id = %(seller_id)s order by review_count desc, phrase",
        values,
    )
    wanted = [review_id for row in found for review_id in row["review_ids"]]
    quotes = await _rows(connection, f"{_QUOTES} and r.review_id = any(%(wanted)s)", values | {"wanted": wanted})
    quoted = {row["review_id"]: Quote(**row) for row in quotes}
    return [
        QuotedTheme(
            row["phrase"],
            row["kind"],
            row["review_count"],
            row["star_mean"],
            tuple(quoted[review_id] for review_id in row["review_ids"] if review_id in quoted)[:_QUOTES_SHOWN],
        )
        for row in found
    ]


async def _rows(connection: AsyncConnection[DictRow], query: str, values: dict[str, Any]) -> list[DictRow]:
    return await (await connection.execute(query, values)).fetchall()  # type: ignore[arg-type]


_OF_THE_YEAR = "seller_id = %(seller_id)s and reviewed_at >= %(since)s and reviewed_at < %(until)s"
_STARS = f"select rating, count(*)::int as review_count from marts.fct_reviews where {_OF_THE_YEAR} group by 1"
_MONTHS = f"""
    select date_trunc('month', reviewed_at at time zone %(time_zone)s)::date as month, count(*)::int as review_count,
        case when count(*) >= %(fewest)s then avg(rating)::float8 end as star_mean
    from marts.fct_reviews where {_OF_THE_YEAR} group by 1 order by 1
"""
_TONES = f"""
    select tones.tone, count(*)::int as review_count, max(tones.model_version) as model_version,
        max(tones.computed_at) as computed_at
    from (select review_id from marts.fct_reviews where {_OF_THE_YEAR}) as reviews
    join predictions.review_tones as tones using (review_id) group by 1
"""
_QUOTES = """
    select r.review_id, p.title as product_title, r.rating, r.title, r.body, r.language, r.reviewed_at
    from shop.reviews as r join shop.products as p on p.product_id = r.product_id
    where r.seller_id = %(seller_id)s and not r.is_hidden
"""
_HARSHER_REVIEWS = f"""
    {_QUOTES} and r.rating >= 4 and r.reviewed_at >= %(since)s and r.reviewed_at < %(until)s
        and r.review_id in (select review_id from predictions.review_tones where seller_id = %(seller_id)s and tone = 'negative')
    order by r.reviewed_at desc, r.review_id limit %(limit)s
"""
