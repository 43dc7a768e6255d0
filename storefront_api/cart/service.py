"""The rules of the cart: what may lie in it, what it costs today, and whose it becomes at sign-in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import InvalidInputError, NotFoundError, OutOfStockError
from marketplace.settings import StorefrontSettings
from storefront_api.cart import repository
from storefront_api.cart.schemas import Cart, CartChoice, CartItem, CartItemChange, NewCartItem
from storefront_api.catalog.pricing import InvalidChoicesError, price_choices
from storefront_api.catalog.service import picture_url
from storefront_api.orders import repository as orders
from storefront_api.orders.pricing import WantedLine

Connection = AsyncConnection[DictRow]

MOST_PIECES = 99
MOST_LINES = 50


@dataclass(frozen=True)
class CartOwner:
    """A customer, or the guest of a session."""

    customer_id: str | None
    session_id: str


async def get_cart(connection: Connection, owner: CartOwner, settings: StorefrontSettings) -> Cart:
    """The open cart at today's prices, empty where there is none yet."""
    cart_id = await repository.open_cart_id(connection, customer_id=owner.customer_id, session_id=owner.session_id)
    lines = await repository.lines(connection, cart_id) if cart_id else []
    return await _priced(connection, lines, settings)


async def add(connection: Connection, owner: CartOwner, item: NewCartItem) -> None:
    """Put pieces into the cart; the same product with the same choices goes onto the line that is there.

    Raises:
        NotFoundError: the product is not on sale.
        InvalidChoicesError: it cannot be customised like this.
        OutOfStockError: fewer pieces are there than the line would have.
    """
    cart_id = await _locked_cart(connection, owner)
    product, choices = await _checked(connection, item.product_id, item.choices)
    lines = await repository.lines(connection, cart_id)
    same = next((row for row in lines if row["product_id"] == item.product_id and row["choices"] == choices), None)
    quantity = item.quantity + (same["quantity"] if same else 0)
    _check_quantity(product, quantity)
    if same:
        await repository.change_line(connection, same["cart_item_id"], quantity=quantity, choices=choices)
    elif len(lines) >= MOST_LINES:
        raise InvalidInputError(f"a cart holds {MOST_LINES} lines; order these first")
    else:
        await repository.add_line(connection, cart_id, product_id=item.product_id, quantity=quantity, choices=choices)


async def change(connection: Connection, owner: CartOwner, cart_item_id: str, wanted: CartItemChange) -> None:
    """Give a line another quantity or other choices; what is not sent stays.

    Raises:
        NotFoundError: no such line in this cart.
    """
    line = await _own_line(connection, owner, cart_item_id)
    given = line["choices"] if wanted.choices is None else wanted.choices
    product, choices = await _checked(connection, line["product_id"], given)
    quantity = line["quantity"] if wanted.quantity is None else wanted.quantity
    _check_quantity(product, quantity)
    await repository.change_line(connection, cart_item_id, quantity=quantity, choices=choices)


async def remove(connection: Connection, owner: CartOwner, cart_item_id: str) -> None:
    """Take a line out.

    Raises:
        NotFoundError: no such line in this cart.
    """
    await _own_line(connection, owner, cart_item_id)
    await repository.remove_line(connection, cart_item_id)


async def merge(connection: Connection, *, session_id: str, customer_id: str) -> None:
    """Put what a guest collected into the customer's own cart: equal lines add up, at most `MOST_PIECES` each."""
    guest = await repository.open_cart_id(connection, customer_id=None, session_id=session_id, is_locked=True)
    if guest is None:
        return
    own = await _locked_cart(connection, CartOwner(customer_id, session_id))
    there = await repository.lines(connection, own)
    for line in await repository.lines(connection, guest):
        same = next((row for row in there if row["product_id"] == line["product_id"] and row["choices"] == line["choices"]), None)
        if same:
            quantity = min(MOST_PIECES, same["quantity"] + line["quantity"])
            await repository.change_line(connection, same["cart_item_id"], quantity=quantity, choices=same["choices"])
        else:
            await repository.add_line(
                connection, own, product_id=line["product_id"], quantity=line["quantity"], choices=line["choices"]
            )
    await repository.close_cart(connection, guest, "abandoned")


async def take(connection: Connection, *, customer_id: str) -> list[WantedLine]:
    """The customer's lines, to be ordered in this transaction; the cart counts as ordered if it commits.

    The cart's row stays locked, so a second checkout of the same cart finds it empty.
    """
    cart_id = await repository.open_cart_id(connection, customer_id=customer_id, session_id=None, is_locked=True)
    if cart_id is None:
        return []
    lines = await repository.lines(connection, cart_id)
    if lines:
        await repository.close_cart(connection, cart_id, "ordered")
    return [WantedLine(line["product_id"], line["quantity"], line["choices"]) for line in lines]


async def _locked_cart(connection: Connection, owner: CartOwner) -> str:
    for _ in range(3):  # between looking and making, another tab may make or order the cart
        cart_id = await repository.open_cart_id(
            connection, customer_id=owner.customer_id, session_id=owner.session_id, is_locked=True
        )
        if cart_id is not None:
            return cart_id
        await repository.make_cart(connection, customer_id=owner.customer_id, session_id=owner.session_id)
    raise NotFoundError("the cart is being ordered; try again")


async def _own_line(connection: Connection, owner: CartOwner, cart_item_id: str) -> DictRow:
    cart_id = await repository.open_cart_id(
        connection, customer_id=owner.customer_id, session_id=owner.session_id, is_locked=True
    )
    lines = await repository.lines(connection, cart_id) if cart_id else []
    line = next((line for line in lines if line["cart_item_id"] == cart_item_id), None)
    if line is None:
        raise NotFoundError(f"no line {cart_item_id!r} in the cart")
    return line


async def _checked(connection: Connection, product_id: str, choices: Mapping[str, str]) -> tuple[DictRow, dict[str, str]]:
    """The product and the choices as they are stored: blanks left out, so that equal wishes look equal."""
    product = (await orders.products_for_pricing(connection, [product_id])).get(product_id)
    if product is None or not product["is_on_sale"]:
        raise NotFoundError(f"no product {product_id!r} is on sale")
    offered = (await orders.customisations_of(connection, [product_id])).get(product_id, [])
    return product, {choice.customisation_id: choice.value for choice in price_choices(offered, choices)}


def _check_quantity(product: DictRow, quantity: int) -> None:
    if quantity > MOST_PIECES:
        raise InvalidInputError(f"at most {MOST_PIECES} pieces on one line")
    if quantity > product["units_on_hand"]:
        raise OutOfStockError(f"only {product['units_on_hand']} left of {product['title']!r}, {quantity} wanted")


async def _priced(connection: Connection, lines: list[DictRow], settings: StorefrontSettings) -> Cart:
    product_ids = sorted({line["product_id"] for line in lines})
    products = await orders.products_for_pricing(connection, product_ids) if lines else {}
    customisations = await orders.customisations_of(connection, product_ids) if lines else {}
    items = [_item(line, products[line["product_id"]], customisations.get(line["product_id"], [])) for line in lines]
    currencies = {item.currency for item in items}
    currency = items[0].currency if items else None
    shipping = settings.shipping_minor_per_seller.get(currency or "", 0) * len({item.seller_id for item in items})
    subtotal = sum(item.total_minor for item in items)
    return Cart(
        items=items,
        currency=currency,
        subtotal_minor=subtotal,
        shipping_minor=shipping,
        total_minor=subtotal + shipping,
        item_count=sum(item.quantity for item in items),
        can_be_ordered=bool(items) and len(currencies) == 1 and all(item.problem is None for item in items),
    )


def _item(line: DictRow, product: DictRow, customisations: list[DictRow]) -> CartItem:
    problem: str | None = None
    choices: list[Any] = []
    try:
        choices = price_choices(customisations, line["choices"])
    except InvalidChoicesError as error:
        problem = str(error)
    if not product["is_on_sale"]:
        problem = "not on sale any more"
    elif product["units_on_hand"] < line["quantity"]:
        problem = f"only {product['units_on_hand']} left"
    extra = sum(choice.price_minor for choice in choices)
    return CartItem(
        cart_item_id=line["cart_item_id"],
        product_id=line["product_id"],
        title=product["title"],
        picture_url=picture_url(line["product_id"]),
        seller_id=product["seller_id"],
        shop_name=product["shop_name"],
        quantity=line["quantity"],
        units_on_hand=product["units_on_hand"],
        choices=[CartChoice(**asdict(choice)) for choice in choices],
        unit_price_minor=product["price_minor"],
        customisation_minor=extra,
        total_minor=(product["price_minor"] + extra) * line["quantity"],
        currency=product["currency"],
        problem=problem,
    )
