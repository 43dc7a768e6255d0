"""Card numbers are told from tokens."""

import pytest

from storefront_api.orders.gateway import looks_like_card_number


@pytest.mark.parametrize("number", ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "tok_4111111111111111"])
def test_card_number_is_recognised(number: str) -> None:
    assert looks_like_card_number(number)


@pytest.mark.parametrize("token", ["tok_visa", "tok_12345678901234ab", "tok_a1234567890123456", "pm_1N2b3C4d5E6f7G8h9I0j"])
def test_token_with_many_digits_is_none(token: str) -> None:
    assert not looks_like_card_number(token)
