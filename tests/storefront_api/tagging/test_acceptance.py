"""The share of suggestions that sellers accept: counted by category, and left out where few answered."""

from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import NOON, insert, make_user
from tests.storefront_api.conftest import signed_in
from tests.storefront_api.tagging.conftest import Seller, seller_with_shop

Shop = psycopg.Connection[dict[str, Any]]


def answered(
    shop: Shop, seller_id: str, category_id: str | None, *, accepted: int = 0, changed: int = 0, refused: int = 0
) -> None:
    number = len(shop.execute("select 1 from shop.tag_suggestions").fetchall())
    for status, count in (("accepted", accepted), ("changed", changed), ("refused", refused), ("settled", 3)):
        for _ in range(count):
            number += 1
            row = {"tag_suggestion_id": f"t{number}", "seller_id": seller_id, "category_id": category_id, "attribute": "colour"}
            row |= {"suggested_value": "blue", "probability": 0.9, "model_version": "1", "status": status, "suggested_at": NOON}
            insert(shop, "shop.tag_suggestions", row)


async def test_acceptance_is_told_by_category_with_its_interval(app: FastAPI, seller: Seller, shop: Shop) -> None:
    answered(shop, seller.seller_id, "cups", accepted=9, changed=2, refused=1)
    answered(shop, seller.seller_id, "bowls", accepted=4)
    report = (await seller.client.get("/v1/tag-acceptance")).json()
    cups, bowls = report["categories"]
    assert (cups["label"], cups["answered_count"], cups["rate"]) == ("Kitchen > Cups", 12, 0.75)
    assert (cups["low"], cups["high"]) == (pytest.approx(0.428, abs=0.001), pytest.approx(0.945, abs=0.001))
    assert (bowls["answered_count"], bowls["rate"], bowls["low"]) == (4, None, None), "four answers are no share"
    assert report["total"]["rate"] == pytest.approx(13 / 16)


async def test_seller_counts_their_own_and_administrators_everybodys(app: FastAPI, seller: Seller, shop: Shop) -> None:
    other = await seller_with_shop(app, shop)
    answered(shop, seller.seller_id, "cups", accepted=6)
    answered(shop, other.seller_id, "cups", accepted=2, refused=4)
    assert (await seller.client.get("/v1/tag-acceptance")).json()["total"]["answered_count"] == 6
    admin = await signed_in(app, make_user(shop, role="admin")["email"])
    report = (await admin.get("/v1/tag-acceptance")).json()
    assert (report["seller_id"], report["total"]["rate"]) == (None, pytest.approx(8 / 12))
    assert "67 %" in (await admin.get("/ops/tagging")).text
