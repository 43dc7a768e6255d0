"""Every query on tag suggestions."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from marketplace.vocabulary import FURTHER, SEVERAL_VALUED
from storefront_api.catalog.product_values import MAIN, all_values

Connection = AsyncConnection[DictRow]

# The attributes that are columns of a product, so that an accepted value can be written where the shop reads it.
PRODUCT_COLUMNS = {"category": "category_id", "colour": "colour", "material": "material", "occasion": "occasion"}
# All values of a product `p` by attribute, the category among them: lists, empty where it says nothing.
PRODUCT_VALUES = (
    "jsonb_build_object('category', array_remove(array[p.category_id], null), "
    + ", ".join(f"'{name}', {all_values(name)}" for name in MAIN)
    + ")"
)
_ANSWERED = "('accepted', 'changed', 'refused')"


async def product_of(connection: Connection, product_id: str, seller_id: str) -> DictRow | None:
    """The seller's own product: its category and its values by attribute."""
    cursor = await connection.execute(
        f"select p.category_id, {PRODUCT_VALUES} as values from shop.products as p"  # type: ignore[arg-type]
        " where p.product_id = %s and p.seller_id = %s",
        (product_id, seller_id),
    )
    return await cursor.fetchone()


async def is_category(connection: Connection, category_id: str) -> bool:
    """Whether there is such a category."""
    return bool(await known_categories(connection, [category_id]))


async def known_categories(connection: Connection, category_ids: Iterable[str]) -> set[str]:
    """Those of these that there are."""
    query = "select category_id from shop.categories where category_id = any(%s)"
    cursor = await connection.execute(query, (list(category_ids),))
    return {row["category_id"] for row in await cursor.fetchall()}


async def spelling(connection: Connection, attribute: str, value: str) -> str:
    """The value as this catalogue writes it: "Navy  Blue" is `navy blue` unless a listing says it in its own way.

    Of several ways the first in order; the expressions are those of the indexes of migration 0024.
    """
    plain = " ".join(value.split())
    column = PRODUCT_COLUMNS.get(attribute)
    if column is None:
        return plain.casefold()
    cursor = await connection.execute(
        f"select {column} as value from shop.products where lower(left({column}, 100)) = lower(%s)"  # type: ignore[arg-type]
        f" order by left({column}, 100) limit 1",
        (plain,),
    )
    row = await cursor.fetchone()
    return str(row["value"]) if row else plain.casefold()


async def answers_of(connection: Connection, seller_id: str, listing_ids: Sequence[str]) -> list[DictRow]:
    """What the seller answered about these listings."""
    cursor = await connection.execute(
        "select listing_id, attribute, suggested_value, status, final_value from shop.tag_suggestions"
        f" where seller_id = %s and listing_id = any(%s) and status in {_ANSWERED}",  # type: ignore[arg-type]
        (seller_id, list(listing_ids)),
    )
    return await cursor.fetchall()


_REMEMBER = """
    insert into shop.tag_suggestions as t (tag_suggestion_id, product_id, listing_id, seller_id, category_id, attribute,
        suggested_value, probability, evidence, evidence_source, evidence_start, evidence_end, alternatives, is_sure,
        model_version, tagging_job_id, status, suggested_at)
    values (%(tag_suggestion_id)s, %(product_id)s, %(listing_id)s, %(seller_id)s, %(category_id)s, %(attribute)s,
        %(value)s, %(probability)s, %(evidence)s, %(source)s, %(evidence_start)s, %(evidence_end)s,
        %(alternatives)s, %(is_sure)s, %(version)s, %(tagging_job_id)s, %(status)s, %(now)s)
    on conflict (seller_id, listing_id, attribute, suggested_value, model_version) where listing_id is not null
    do update set
        status = case when t.answered_at is null then excluded.status else t.status end,
        probability = excluded.probability, evidence = excluded.evidence, evidence_source = excluded.evidence_source,
        evidence_start = excluded.evidence_start, evidence_end = excluded.evidence_end,
        alternatives = excluded.alternatives, is_sure = excluded.is_sure, category_id = excluded.category_id
    returning tag_suggestion_id, status, final_value
"""


async def remember(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[DictRow]:
    """Remember what was suggested; a row of what was asked in the same words before keeps its id and its answer.

    Returns:
        The rows as they stand now: `tag_suggestion_id, status, final_value`, in the order given.
    """
    stored: list[DictRow] = []
    async with connection.cursor() as cursor:
        await cursor.executemany(_REMEMBER, rows, returning=True)  # sent at once: a row does not wait for the one before
        while len(stored) < len(rows):
            stored += await cursor.fetchall()
            cursor.nextset()
    return stored


async def supersede(connection: Connection, seller_id: str, listing_ids: Sequence[str], *, but: Sequence[str]) -> None:
    """Take back what waits for an answer about these listings, except these suggestions."""
    await connection.execute(
        "update shop.tag_suggestions set status = 'superseded' where seller_id = %s and listing_id = any(%s)"
        " and status = 'suggested' and tag_suggestion_id <> all(%s)",
        (seller_id, list(listing_ids), list(but)),
    )


async def lock(connection: Connection, tag_suggestion_id: str, seller_id: str) -> DictRow | None:
    """The seller's own suggestion, locked until the transaction ends; its product before it, as who saves the listing does."""
    await connection.execute(
        "select from shop.products as p join shop.tag_suggestions as t using (product_id)"
        " where t.tag_suggestion_id = %s and t.seller_id = %s for no key update of p",
        (tag_suggestion_id, seller_id),
    )
    cursor = await connection.execute(
        "select tag_suggestion_id, product_id, attribute, suggested_value, status, final_value, model_version, answered_at"
        " from shop.tag_suggestions where tag_suggestion_id = %s and seller_id = %s for update",
        (tag_suggestion_id, seller_id),
    )
    return await cursor.fetchone()


async def set_answer(connection: Connection, tag_suggestion_id: str, row: dict[str, Any]) -> None:
    """Write the seller's answer down: `status, final_value, answered_by, answered_in, now`."""
    await connection.execute(
        "update shop.tag_suggestions set status = %(status)s, final_value = %(final_value)s, answered_by = %(answered_by)s,"
        " answered_in = %(answered_in)s, answered_at = %(now)s where tag_suggestion_id = %(tag_suggestion_id)s",
        {**row, "tag_suggestion_id": tag_suggestion_id},
    )


async def settle_others(connection: Connection, tag_suggestion_id: str, value: str) -> None:
    """What else waits about the same of the same listing needs no answer any more, now that it has this value.

    Of an attribute with several values that is only who asks for the same one.
    """
    await connection.execute(
        "update shop.tag_suggestions as other set status = 'settled' from shop.tag_suggestions as t"
        " where t.tag_suggestion_id = %s and other.seller_id = t.seller_id and other.listing_id = t.listing_id"
        " and other.attribute = t.attribute and other.status = 'suggested' and other.tag_suggestion_id <> t.tag_suggestion_id"
        " and (other.attribute <> all(%s) or lower(other.suggested_value) = lower(%s))",
        (tag_suggestion_id, list(SEVERAL_VALUED), value),
    )


async def set_product_values(connection: Connection, product_id: str, attribute: str, values: Sequence[str]) -> None:
    """Let the product say these of the attribute, the main one first; one of an attribute that has only one."""
    main, *further = values
    column = PRODUCT_COLUMNS.get(attribute)
    if column is None:
        await connection.execute(
            "update shop.products set attributes = attributes || jsonb_build_object(%s::text, %s::text) where product_id = %s",
            (attribute, main, product_id),
        )
        return
    await connection.execute(
        f"update shop.products set {column} = %s where product_id = %s",  # type: ignore[arg-type]
        (main, product_id),
    )
    if attribute in SEVERAL_VALUED:
        await connection.execute(
            """
            update shop.products as p set attributes = (p.attributes - %(key)s::text)
                || case when now.further = '{}' then '{}' else jsonb_build_object(%(key)s::text, now.further) end
            from (
                select (coalesce(attributes -> %(key)s::text, '{}') - %(attribute)s::text) || %(own)s as further
                from shop.products where product_id = %(product_id)s
            ) as now
            where p.product_id = %(product_id)s
            """,
            {
                "key": FURTHER,
                "attribute": attribute,
                "own": Jsonb({attribute: further} if further else {}),
                "product_id": product_id,
            },
        )


async def give_draft_to_product(connection: Connection, seller_id: str, draft_id: str, product_id: str) -> None:
    """What was suggested for the draft was suggested for the product that it became."""
    await connection.execute(
        "update shop.tag_suggestions set product_id = %(product_id)s, listing_id = %(product_id)s"
        " where seller_id = %(seller_id)s and listing_id = %(draft_id)s",
        {"seller_id": seller_id, "draft_id": draft_id, "product_id": product_id},
    )


async def waiting_of(connection: Connection, seller_id: str, product_id: str) -> list[DictRow]:
    """What waits for an answer about one product."""
    cursor = await connection.execute(
        "select tag_suggestion_id, attribute, suggested_value from shop.tag_suggestions"
        " where seller_id = %s and product_id = %s and status = 'suggested' order by tag_suggestion_id for update",
        (seller_id, product_id),
    )
    return await cursor.fetchall()


async def waiting(
    connection: Connection, seller_id: str, *, is_sure: bool, after: Sequence[Any] | None, limit: int
) -> list[DictRow]:
    """What waits about the seller's products, listing by listing, the category of each first."""
    after_product, after_id = after or ("", "")
    cursor = await connection.execute(
        f"""
        select t.tag_suggestion_id, t.attribute, t.suggested_value as value, coalesce(c.path, t.suggested_value) as label,
            t.probability, t.evidence_source as source, t.evidence, t.evidence_start, t.evidence_end, t.is_sure,
            t.alternatives, t.status, t.model_version as version, t.suggested_at, p.product_id, p.title as product_title,
            p.description as product_description, {PRODUCT_VALUES} -> t.attribute as present_values, present.path as present_path,
            t.sort_key, not p.is_active and exists (select from shop.listing_photos as f where f.listing_id = p.product_id
                and f.seller_id = p.seller_id) as has_hidden_photo
        from (
            select *, (attribute <> 'category')::int || tag_suggestion_id as sort_key from shop.tag_suggestions
            where seller_id = %(seller_id)s and status = 'suggested' and is_sure = %(is_sure)s
        ) as t
        join shop.products as p on p.product_id = t.product_id and p.seller_id = t.seller_id
        left join shop.categories as c on t.attribute = 'category' and c.category_id = t.suggested_value
        left join shop.categories as present on t.attribute = 'category' and present.category_id = p.category_id
        where (p.product_id, t.sort_key) > (%(after_product)s, %(after_id)s)
        order by p.product_id, t.sort_key limit %(limit)s
        """,  # type: ignore[arg-type]
        {"seller_id": seller_id, "is_sure": is_sure, "after_product": after_product, "after_id": after_id, "limit": limit},
    )
    return await cursor.fetchall()


async def waiting_counts(connection: Connection, seller_id: str) -> DictRow:
    """How much waits about the seller's products: `uncertain_count, sure_count`."""
    cursor = await connection.execute(
        "select count(*) filter (where not is_sure)::int as uncertain_count, count(*) filter (where is_sure)::int as sure_count"
        " from shop.tag_suggestions where seller_id = %s and status = 'suggested' and product_id is not null",
        (seller_id,),
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def answer_counts(connection: Connection, seller_id: str | None) -> list[DictRow]:
    """How often which answer was given, by category, attribute and model version; of one seller or of all."""
    cursor = await connection.execute(
        f"""
        select t.category_id, coalesce(c.path, 'no category yet') as category_path, t.attribute, t.model_version,
            count(*) filter (where t.status = 'accepted')::int as accepted_count,
            count(*) filter (where t.status = 'changed')::int as changed_count,
            count(*) filter (where t.status = 'refused')::int as refused_count
        from shop.tag_suggestions as t left join shop.categories as c using (category_id)
        where t.status in {_ANSWERED} and (%(seller_id)s::text is null or t.seller_id = %(seller_id)s)
        group by 1, 2, 3, 4
        """,  # type: ignore[arg-type]
        {"seller_id": seller_id},
    )
    return await cursor.fetchall()
