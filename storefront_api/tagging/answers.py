"""What a seller says about a suggested tag: given once, written onto the product, kept as a label and in the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import ConflictError, NotFoundError
from marketplace.vocabulary import MOST_VALUES, SEVERAL_VALUED, TagStatus
from storefront_api.accounts import repository as accounts
from storefront_api.accounts.service import User
from storefront_api.catalog.said_values import different
from storefront_api.problems import FieldError
from storefront_api.tagging import repository
from storefront_api.tagging.questions import CATEGORY, tag_key
from storefront_api.tagging.schemas import LONGEST_VALUE, AnsweredTag, TagAnswer

Connection = AsyncConnection[DictRow]
Place = Literal["listing", "review", "save"]
_UNANSWERED = (TagStatus.SUGGESTED, TagStatus.SETTLED, TagStatus.SUPERSEDED)


async def answer(
    connection: Connection,
    tag_suggestion_id: str,
    given: TagAnswer,
    *,
    by: User,
    seller_id: str,
    now: datetime,
    place: Place = "listing",
) -> AnsweredTag:
    """The suggestion with the seller's answer; a value that they took goes onto the product at once.

    The same answer once more changes nothing and is answered as the first time.

    Raises:
        NotFoundError: no such suggestion for this seller.
        ConflictError: it was answered otherwise before, or the listing has as many values as it may.
        FieldError: the category put in its place does not exist, or the value is longer than a listing says.
    """
    row = await repository.lock(connection, tag_suggestion_id, seller_id)
    if row is None:
        raise NotFoundError(f"no suggestion {tag_suggestion_id!r}")
    value = row["suggested_value"] if given.status is TagStatus.ACCEPTED else given.final_value
    if given.status is TagStatus.CHANGED and value is not None and row["attribute"] != CATEGORY:
        if len(value) > LONGEST_VALUE:
            raise FieldError("/final_value", f"a value has {LONGEST_VALUE} characters at most")
        value = await repository.spelling(connection, row["attribute"], value)
    if row["status"] not in _UNANSWERED:
        if (row["status"], row["final_value"]) != (given.status, value):
            raise ConflictError(f"this suggestion is {row['status']} already")
        return _answered(row)
    if row["attribute"] == CATEGORY and value is not None and not await repository.is_category(connection, value):
        raise FieldError("/final_value", f"there is no category {value!r}")
    said = {"status": given.status, "final_value": value, "answered_in": place}
    await repository.set_answer(connection, tag_suggestion_id, {**said, "answered_by": by.user_id, "now": now})
    await _audit(connection, row, said, by=by, now=now)
    if value is not None:
        await repository.settle_others(connection, tag_suggestion_id, value)
        if row["product_id"] is not None:
            await _give(connection, row, value, replaces=given.replaces, seller_id=seller_id)
    return _answered({**row, **said, "answered_at": now})


async def answer_by_saving(
    connection: Connection,
    product_id: str,
    values: Mapping[str, Sequence[str]],
    *,
    before: Mapping[str, Sequence[str]],
    by: User,
    seller_id: str,
    now: datetime,
) -> int:
    """How many waiting suggestions the saved listing answered: it keeps the value, or says another.

    Where the listing says nothing of an attribute, its suggestion goes on waiting; so does one of several values while the
    listing says no other than `before`, or than was suggested.
    """
    waiting = await repository.waiting_of(connection, seller_id, product_id)
    if not waiting:
        return 0
    answered = await repository.answers_of(connection, seller_id, [product_id])
    told = {tag_key(row["attribute"], row["suggested_value"]) for row in waiting}
    told |= {tag_key(row["attribute"], row["final_value"]) for row in answered if row["final_value"] is not None}
    told |= {tag_key(name, part) for name, said in before.items() for one in said for part in (one, *one.split(","))}
    count = 0
    for row in waiting:
        attribute, said = row["attribute"], values.get(row["attribute"], ())
        own = said
        if attribute in SEVERAL_VALUED:
            own = [one for one in said if tag_key(attribute, one) not in told]
        is_kept = tag_key(attribute, row["suggested_value"]) in {tag_key(attribute, one) for one in said}
        if not is_kept and not own:
            continue
        given = TagAnswer(status=TagStatus.ACCEPTED if is_kept else TagStatus.CHANGED, final_value=None if is_kept else own[0])
        about = {"by": by, "seller_id": seller_id, "now": now}
        await answer(connection, row["tag_suggestion_id"], given, place="save", **about)  # type: ignore[arg-type]
        count += 1
    return count


async def _give(connection: Connection, row: DictRow, value: str, *, replaces: Sequence[str], seller_id: str) -> None:
    """Write the value onto the suggestion's product, beside those that it has where it may have several.

    What the product says already stays as it is written there.
    """
    product_id, attribute = row["product_id"], row["attribute"]
    product = await repository.product_of(connection, product_id, seller_id)
    present = product["values"][attribute] if product else []
    if attribute in SEVERAL_VALUED:
        replaced = {tag_key(attribute, one) for one in replaces}
        beside = [value if tag_key(attribute, one) in replaced else one for one in present]
    else:
        beside = [one for one in present if tag_key(attribute, one) == tag_key(attribute, value)]
    values = different([*beside, value])
    if len(values) > MOST_VALUES:
        raise ConflictError(f"a listing has {MOST_VALUES} values of {attribute} at most; take one away first")
    await repository.set_product_values(connection, product_id, attribute, values)


async def _audit(connection: Connection, row: DictRow, said: Mapping[str, str | None], *, by: User, now: datetime) -> None:
    about = {name: row[name] for name in ("product_id", "attribute", "suggested_value", "model_version")}
    await accounts.audit(
        connection,
        actor_id=by.user_id,
        action="tag_answered",
        object_type="tag_suggestion",
        object_id=row["tag_suggestion_id"],
        reason=None,
        details={**about, **said},
        now=now,
    )


def _answered(row: Mapping[str, object]) -> AnsweredTag:
    return AnsweredTag.model_validate({name: row[name] for name in AnsweredTag.model_fields})
