"""Every query on categories, products, customisations and reviews that the shop shows."""

from collections.abc import Collection, Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from marketplace.vocabulary import FURTHER, SEVERAL_VALUED
from storefront_api.catalog.product_values import MAIN, has_value

Row = dict[str, Any]

DOCUMENT = (
    "(to_tsvector('simple', p.title || ' ' || p.description || ' ' || coalesce(p.colour, '') || ' ' || coalesce(p.material, '') "
    "|| ' ' || coalesce(p.occasion, '')) || jsonb_to_tsvector('simple', p.attributes, '[\"string\"]'))"
)

# The attributes that shoppers filter by.
FACET_ATTRIBUTES = tuple(MAIN)

_CARD = """
    p.product_id, p.title, p.title_is_generated, p.price_minor, p.currency, p.seller_id, s.shop_name,
    s.city as seller_city, p.category_id, c.name as category_name, p.colour, coalesce(st.units_on_hand, 0) as units_on_hand,
    p.listed_at, r.review_count, r.rating_mean
"""
_JOINS = """
    join shop.sellers as s on s.seller_id = p.seller_id
    left join shop.categories as c on c.category_id = p.category_id
    left join shop.stock as st on st.product_id = p.product_id
"""
_FROM = "from shop.products as p" + _JOINS
_RATINGS = """
    left join lateral (
        select count(*)::int as review_count, avg(rating)::float8 as rating_mean
        from shop.reviews where product_id = p.product_id and not is_hidden
    ) as r on true
"""
_IS_SHOWN = "p.is_active and s.status = 'approved'"
_HAS_THE_VALUES = "\n    ".join(
    f"and (%({name})s::text is null or {has_value(name, f'%({name})s')})" for name in FACET_ATTRIBUTES
)
_MATCHES = f"""
    {_IS_SHOWN}
    and (%(category_id)s::text is null or p.category_id in (
        with recursive branch as (
            select category_id from shop.categories where category_id = %(category_id)s
            union
            select child.category_id from shop.categories as child
            join branch on child.parent_category_id = branch.category_id
        ) select category_id from branch))
    and (%(seller_id)s::text is null or p.seller_id = %(seller_id)s)
    {_HAS_THE_VALUES}
    and (%(price_min)s::bigint is null or p.price_minor >= %(price_min)s)
    and (%(price_max)s::bigint is null or p.price_minor <= %(price_max)s)
    and (not %(in_stock)s or coalesce(st.units_on_hand, 0) > 0)
    and (%(query)s::text is null
         or {DOCUMENT} @@ websearch_to_tsquery('simple', %(query)s)
         or p.title ilike %(pattern)s or c.name ilike %(pattern)s)
"""
_RANK = (
    f"(ts_rank({DOCUMENT}, websearch_to_tsquery('simple', %(query)s)) + (p.title ilike %(pattern)s)::int "
    "+ (c.name ilike %(pattern)s)::int * 0.5)::float8"
)
# order -> (sort expression, direction); the product id breaks ties, so a page boundary is never ambiguous
_ORDERS = {
    "newest": ("extract(epoch from p.listed_at)::float8", "desc"),
    "price": ("p.price_minor::float8", "asc"),
    "-price": ("p.price_minor::float8", "desc"),
    "relevance": (_RANK, "desc"),
}


async def _rows(connection: AsyncConnection[Any], query: str, parameters: Any = None) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, parameters)  # type: ignore[arg-type]
        return await cursor.fetchall()


async def page_of_products(
    connection: AsyncConnection[Any], filters: Row, *, order: str, after: Sequence[Any] | None, limit: int
) -> list[Row]:
    """Up to `limit` product cards after the sort key `after`, each with its own `sort_value`."""
    expression, direction = _ORDERS[order]
    comparison = "<" if direction == "desc" else ">"
    beyond = f"and ({expression}, p.product_id) {comparison} (%(after_value)s::float8, %(after_id)s::text)" if after else ""
    value, product_id = after or (None, None)
    return await _rows(
        connection,
        f"select {_CARD}, page.sort_value from ("
        f" select p.product_id, {expression} as sort_value {_FROM} where {_MATCHES} {beyond}"
        f" order by 2 {direction}, 1 {direction} limit %(limit)s) as page"
        f" join shop.products as p on p.product_id = page.product_id"
        f" {_JOINS} {_RATINGS} order by page.sort_value {direction}, p.product_id {direction}",
        {**filters, "after_value": value, "after_id": product_id, "limit": limit},
    )


async def facets(connection: AsyncConnection[Any], filters: Row) -> list[Row]:
    """How many matching products each category and each value has: rows of (kind, value, label, product_count).

    A product with several values of an attribute is counted under each.
    """
    of_attributes = "".join(
        f" union all select '{name}', value, value, count(*)::int from ({_said_of(name)}) as said group by 2"
        for name in FACET_ATTRIBUTES
    )
    said = "".join(f", {says} as {name}" for name, says in MAIN.items())
    return await _rows(
        connection,
        f"with matching as (select p.category_id, c.name as category_name, p.attributes -> '{FURTHER}' as {FURTHER}{said}"
        f" {_FROM} where {_MATCHES}), several as (select {FURTHER} from matching where {FURTHER} is not null)"
        " select 'category' as kind, category_id as value, category_name as label, count(*)::int as product_count"
        " from matching where category_id is not null group by 2, 3"
        f"{of_attributes}"
        " union all select 'all', '', '', count(*)::int from matching order by 4 desc, 2",
        filters,
    )


def _said_of(attribute: str) -> str:
    """Each value of the attribute that a matching product says, a row each."""
    main = f"select {attribute} as value from matching where {attribute} is not null"
    if attribute not in SEVERAL_VALUED:
        return main
    return f"{main} union all select jsonb_array_elements_text({FURTHER} -> '{attribute}') from several"


async def cards(connection: AsyncConnection[Any], product_ids: Sequence[str]) -> list[Row]:
    """The cards of these products that the shop shows, in the order asked for."""
    return await _rows(
        connection,
        f"select {_CARD} from unnest(%s::text[]) with ordinality as asked (product_id, position)"
        " join shop.products as p on p.product_id = asked.product_id"
        f" {_JOINS} {_RATINGS} where {_IS_SHOWN} order by asked.position",
        (list(product_ids),),
    )


async def product(connection: AsyncConnection[Any], product_id: str) -> Row | None:
    """Everything the product page says, None when the shop does not show it."""
    rows = await _rows(
        connection,
        f"select {_CARD}, p.description, p.language, p.material, p.occasion, p.attributes ->> 'season' as season,"
        f" p.attributes ->> 'gender' as gender, coalesce(p.attributes -> '{FURTHER}', '{{}}') as {FURTHER},"
        " p.attributes, c.path as category_path,"
        " s.country_code as seller_country, s.joined_at as seller_joined_at, greatest(p.updated_at, st.updated_at) as changed_at"
        f" {_FROM} {_RATINGS} where p.product_id = %s and {_IS_SHOWN}",
        (product_id,),
    )
    return rows[0] if rows else None


async def picture(
    connection: AsyncConnection[Any], product_id: str, *, is_small: bool, known: Collection[str] = ()
) -> Row | None:
    """The photograph of a product while the shop shows it, else its drawing: which version, and what a placeholder needs.

    `version` is None where there is neither; `content`, the bytes, is read only where the version is not among `known`. None when
    there is no such product.
    """
    rows = await _rows(
        connection,
        "select stands.is_photo, stands.version, p.title, c.name as category_name,"
        f" case when stands.version = any(%(known)s) then null when stands.is_photo then f.{'thumbnail' if is_small else 'photo'}"
        " else convert_to(p.picture_svg, 'UTF8') end as content"
        " from shop.products as p join shop.sellers as s on s.seller_id = p.seller_id"
        f" left join shop.listing_photos as f on f.listing_id = p.product_id and f.seller_id = p.seller_id and {_IS_SHOWN}"
        " left join shop.categories as c on c.category_id = p.category_id"
        " cross join lateral (select f.content_hash is not null as is_photo, coalesce(f.content_hash,"
        " case when p.picture_svg <> '' then extract(epoch from p.updated_at)::text end) as version) as stands"
        " where p.product_id = %(product_id)s",
        {"product_id": product_id, "known": list(known)},
    )
    return rows[0] if rows else None


async def customisations(connection: AsyncConnection[Any], product_id: str) -> list[Row]:
    """What can be customised on a product, in the seller's order."""
    return await _rows(
        connection,
        "select customisation_id, name, kind, is_required, max_length, price_minor, choices from shop.customisations"
        " where product_id = %s order by position, customisation_id",
        (product_id,),
    )


async def reviews(connection: AsyncConnection[Any], product_id: str, *, limit: int) -> list[Row]:
    """The latest reviews of a product; the customer is named by first name and initial only."""
    return await _rows(
        connection,
        "select rv.review_id, rv.rating, rv.title, rv.body, rv.language, rv.reviewed_at,"
        " split_part(u.full_name, ' ', 1) || coalesce(' ' || nullif(left(split_part(u.full_name, ' ', 2), 1), '') || '.', '')"
        " as author from shop.reviews as rv join shop.users as u on u.user_id = rv.customer_id"
        " where rv.product_id = %s and not rv.is_hidden"
        " order by (coalesce(rv.body, rv.title) is null), rv.reviewed_at desc, rv.review_id limit %s",
        (product_id, limit),
    )


async def rating_counts(connection: AsyncConnection[Any], product_id: str) -> list[Row]:
    """How often each number of stars was given."""
    return await _rows(
        connection,
        "select rating, count(*)::int as review_count from shop.reviews where product_id = %s and not is_hidden group by 1",
        (product_id,),
    )


async def categories(connection: AsyncConnection[Any]) -> list[Row]:
    """Every category with the number of shown products directly in it, by path."""
    return await _rows(
        connection,
        "select c.category_id, c.parent_category_id, c.name, c.name_bn, c.path,"
        " count(p.product_id) filter (where s.status = 'approved')::int as product_count"
        " from shop.categories as c"
        " left join shop.products as p on p.category_id = c.category_id and p.is_active"
        " left join shop.sellers as s on s.seller_id = p.seller_id"
        " group by c.category_id order by c.path",
    )


async def category_paths(connection: AsyncConnection[Any]) -> list[Row]:
    """Every category without what is in it, by path."""
    return await _rows(connection, "select category_id, path from shop.categories order by path")


async def shop_of(connection: AsyncConnection[Any], seller_id: str) -> Row | None:
    """What shoppers may know of an approved seller."""
    rows = await _rows(
        connection,
        "select seller_id, shop_name, city, country_code, joined_at from shop.sellers"
        " where seller_id = %s and status = 'approved'",
        (seller_id,),
    )
    return rows[0] if rows else None


async def recently_viewed(connection: AsyncConnection[Any], session_id: str, *, limit: int) -> list[str]:
    """Ids of the products seen last in this session, newest first, none twice."""
    rows = await _rows(
        connection,
        "select product_id from (select product_id, max(occurred_at) as seen_at from shop.events"
        " where session_id = %s and event_type = 'product_view' and product_id is not null group by 1) as seen"
        " order by seen_at desc limit %s",
        (session_id, limit),
    )
    return [row["product_id"] for row in rows]
