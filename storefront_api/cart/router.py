"""`/v1/cart`: the open cart of whoever asks, guest or customer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from storefront_api.cart import service
from storefront_api.cart.schemas import Cart, CartItemChange, NewCartItem
from storefront_api.cart.service import CartOwner
from storefront_api.dependencies import AppSettings, Connection, CurrentVisitor, OptionalUser
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1/cart", tags=["cart"])

CartItemId = Annotated[str, Path(min_length=1, max_length=64)]


async def cart_owner(user: OptionalUser, visitor: CurrentVisitor) -> CartOwner:
    """The signed-in customer, or the guest of this browser's session."""
    return CartOwner(user.user_id if user else None, visitor.session_id)


Owner = Annotated[CartOwner, Depends(cart_owner)]


@router.get("", summary="My cart")
async def get_cart(connection: Connection, owner: Owner, settings: AppSettings) -> Cart:
    """At today's prices and stock; a line that cannot be ordered says why."""
    return await service.get_cart(connection, owner, settings.storefront)


@router.post("/items", summary="Put something into the cart", status_code=201, responses=problem_responses(403, 404, 409, 422))
async def add_item(body: NewCartItem, connection: Connection, owner: Owner, settings: AppSettings) -> Cart:
    """The same product with the same choices goes onto the line that is there."""
    await service.add(connection, owner, body)
    return await service.get_cart(connection, owner, settings.storefront)


@router.patch("/items/{cart_item_id}", summary="Change a line", responses=problem_responses(403, 404, 409, 422))
async def change_item(
    body: CartItemChange, connection: Connection, owner: Owner, settings: AppSettings, cart_item_id: CartItemId
) -> Cart:
    """Another quantity, other choices, or both."""
    await service.change(connection, owner, cart_item_id, body)
    return await service.get_cart(connection, owner, settings.storefront)


@router.delete("/items/{cart_item_id}", summary="Take a line out", responses=problem_responses(403, 404))
async def remove_item(connection: Connection, owner: Owner, settings: AppSettings, cart_item_id: CartItemId) -> Cart:
    """The cart without it."""
    await service.remove(connection, owner, cart_item_id)
    return await service.get_cart(connection, owner, settings.storefront)
