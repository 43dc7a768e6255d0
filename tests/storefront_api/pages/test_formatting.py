"""Money, instants and model cards as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from storefront_api.pages.account import own_path
from storefront_api.pages.formatting import ago, attribute, day, instant, money
from storefront_api.pages.markdown import blocks_of


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (0, "BDT", "৳0"),
        (99_900, "BDT", "৳999"),
        (12_345_650, "BDT", "৳1,23,456.50"),
        (1_234_567_800, "BDT", "৳1,23,45,678"),
        (-150_000, "BDT", "−৳1,500"),
        (123_456, "BRL", "R$ 1,234.56"),
        (100_000, "BRL", "R$ 1,000.00"),
        (None, "BDT", "–"),
    ],
)
def test_money_is_grouped_as_its_country_groups(minor: int | None, currency: str, words: str) -> None:
    assert money(minor, currency) == words


def test_instants_are_those_of_the_shop() -> None:
    late = datetime(2026, 11, 19, 20, 30, tzinfo=UTC)
    assert instant(late, "Asia/Dhaka") == "20 Nov 2026, 02:30"
    assert day(late, "America/Sao_Paulo") == "19 Nov 2026"
    assert [ago(late, late + span) for span in (timedelta(seconds=5), timedelta(minutes=3), timedelta(days=3))] == [
        "5 s ago",
        "3 min ago",
        "3 days ago",
    ]


def test_card_becomes_blocks_and_keeps_html_as_text() -> None:
    card = "# Fraud\n\nFinds **bad** orders\nearly.\n\n| a | b |\n|---|---:|\n| 1 | `x` |\n\n- one\n  more\n- <b>two</b>\n"
    heading, words, table, items = blocks_of(card)
    assert (heading.kind, heading.level, heading.text) == ("heading", 1, "Fraud")
    assert words.text == "Finds bad orders early."
    assert (table.head, table.rows) == (["a", "b"], [["1", "x"]])
    assert items.rows == ["one more", "<b>two</b>"]


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb"])
def test_sign_in_never_leads_to_another_site(path: str) -> None:
    assert own_path(path) == "/"
    assert own_path("/orders?cursor=x") == "/orders?cursor=x"


def test_attribute_has_the_name_that_the_form_gives_it() -> None:
    assert [attribute(name) for name in ("gender", "colour")] == ["for whom", "colour"]
