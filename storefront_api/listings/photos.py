"""Photographs of listings: decoded and written anew, so that nothing but pixels is kept, and small enough for pages."""

import asyncio
import base64
import hashlib
import io
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.problems import FieldError

LARGEST_BYTES = 1_500_000
_MOST_PIXELS = 24_000_000
_SIDE, _THUMBNAIL_SIDE = 1200, 400
_FORMATS = ("PNG", "JPEG")

Connection = AsyncConnection[DictRow]


async def keep(connection: Connection, seller_id: str, listing_id: str, content: bytes) -> None:
    """Make this the photograph of the listing (a product's id, or a draft's).

    Raises:
        FieldError: no PNG or JPEG, damaged, or too large.
    """
    photo, thumbnail = await asyncio.to_thread(_written_anew, content)
    await connection.execute(
        """
        insert into shop.listing_photos (seller_id, listing_id, photo, thumbnail, content_hash) values (%s, %s, %s, %s, %s)
        on conflict (listing_id, seller_id) do update set
            photo = excluded.photo, thumbnail = excluded.thumbnail, content_hash = excluded.content_hash
        """,
        (seller_id, listing_id, photo, thumbnail, hashlib.sha256(photo).hexdigest()),
    )


async def thumbnail(connection: Connection, seller_id: str, listing_id: str) -> bytes | None:
    """A small JPEG of the listing's photograph, None where it has none."""
    cursor = await connection.execute(
        "select thumbnail from shop.listing_photos where listing_id = %s and seller_id = %s", (listing_id, seller_id)
    )
    row = await cursor.fetchone()
    return bytes(row["thumbnail"]) if row else None


async def thumbnail_base64(connection: Connection, seller_id: str, listing_id: str) -> str | None:
    """The same as the tagging service takes it."""
    small = await thumbnail(connection, seller_id, listing_id)
    return base64.b64encode(small).decode() if small is not None else None


async def give_draft_to_product(connection: Connection, seller_id: str, draft_id: str, product_id: str) -> None:
    """The draft's photograph becomes the product's."""
    await connection.execute(
        "update shop.listing_photos set listing_id = %s where listing_id = %s and seller_id = %s",
        (product_id, draft_id, seller_id),
    )


async def forget_drafts(connection: Connection, *, before: datetime) -> None:
    """Let go of photographs of drafts that became no listing, and were last touched before this instant."""
    await connection.execute("delete from shop.listing_photos where listing_id like 'draft\\_%%' and updated_at < %s", (before,))


def _written_anew(content: bytes) -> tuple[bytes, bytes]:
    """The picture upright as JPEG, and its thumbnail; a camera's place and serial number are left behind."""
    from PIL import Image, ImageOps  # loaded with the first photograph, not with the storefront

    if len(content) > LARGEST_BYTES:
        raise FieldError("/photo", f"the photograph has {len(content):,} bytes; at most {LARGEST_BYTES:,} fit")
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise FieldError("/photo", f"{opened.width} × {opened.height} pixels are too many")
            gap = None if opened.mode.startswith("I") else 2.0  # Pillow does not halve 16 bits of grey
            # first: a JPEG is decoded at a fraction of its size, and nothing large is converted
            opened.thumbnail((_SIDE, _SIDE), reducing_gap=gap)
            upright = ImageOps.exif_transpose(opened)
            if upright.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at white
                upright = upright.point(lambda value: value * (1 / 256)).convert("L")
            upright = upright.convert("RGBA")
            flat = Image.new("RGB", upright.size, "white")
            flat.paste(upright, mask=upright.getchannel("A"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise FieldError("/photo", "this is no PNG or JPEG that can be read") from error
    return _jpeg(flat, _SIDE), _jpeg(flat, _THUMBNAIL_SIDE)


def _jpeg(picture: "Image", side: int) -> bytes:  # type: ignore[name-defined] # noqa: F821
    small = picture.copy()
    small.thumbnail((side, side))
    written = io.BytesIO()
    small.save(written, "JPEG", quality=85, optimize=True)
    return written.getvalue()
