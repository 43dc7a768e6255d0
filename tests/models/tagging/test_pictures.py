"""Colours read back from drawn pictures: on backgrounds, above shadows, under uneven light, two of them, and none."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from models.tagging.pictures import picture_colours

PAINTS = {
    "red": "#c8323c", "maroon": "#7d2230", "orange": "#e0762d", "yellow": "#e8b931", "green": "#3f8f57", "teal": "#168a8a",
    "blue": "#3a6fb5", "navy": "#22335e", "purple": "#74479c", "pink": "#de7fa0", "brown": "#86572f", "black": "#2c2a29",
    "grey": "#8a8d91",
}  # fmt: skip
BACKGROUNDS = {
    "white": ("#ffffff",),
    "cream": ("#f4efe4",),
    "cool grey": ("#dfe6ea",),
    "wall and floor": ("#c8b08a", "#8b6b45"),
    "dark": ("#303030",),
}
# Not told apart by anybody: the brown and the black are the background's own.
ALIKE = {("brown", "wall and floor"), ("black", "dark")}


def drawn(*paints: str, background: tuple[str, ...] = ("#ffffff",), kind: str = "PNG", has_shadow: bool = True) -> bytes:
    """A round thing of one paint or of bands of several, lit from above, with its shadow, grain and JPEG's own."""
    image = Image.new("RGB", (240, 240), background[0])
    if len(background) > 1:
        image.paste(background[1], (0, 150, 240, 240))
    if has_shadow:
        shadow = Image.new("L", image.size, 0)
        ImageDraw.Draw(shadow).ellipse((50, 165, 200, 210), fill=90)
        image.paste((0, 0, 0), mask=shadow.filter(ImageFilter.GaussianBlur(8)))
    shape = Image.new("L", image.size, 0)
    ImageDraw.Draw(shape).rounded_rectangle((60, 50, 180, 190), 20, fill=255)
    bands = Image.new("RGB", image.size, paints[0])
    for number, paint in enumerate(paints[1:], start=1):
        ImageDraw.Draw(bands).rectangle((0, 50 + 140 * number // len(paints), 240, 240), fill=paint)
    light = 0.72 + 0.5 * np.linspace(1, 0, 240)[None, :, None]
    image.paste(Image.fromarray((np.asarray(bands) * light).clip(0, 255).astype(np.uint8)), mask=shape)
    grain = np.random.default_rng(0).normal(0, 3, (240, 240, 3))
    return saved(Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8)), kind)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, kind, **options)
    return held.getvalue()


def names(picture: bytes) -> set[str]:
    return {colour.value for colour in picture_colours(picture)}


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_one_colour_is_read_before_any_background_and_above_its_shadow(background: str) -> None:
    wrong = {
        (paint, kind): names(drawn(PAINTS[paint], background=BACKGROUNDS[background], kind=kind))
        for paint in PAINTS
        for kind in ("PNG", "JPEG")
        if (paint, background) not in ALIKE
    }
    assert {key: found for key, found in wrong.items() if found != {key[0]}} == {}


@pytest.mark.parametrize(
    "pair", [("blue", "yellow"), ("black", "pink"), ("orange", "black"), ("teal", "red"), ("purple", "yellow")]
)
def test_both_of_two_colours_are_read(pair: tuple[str, str]) -> None:
    assert names(drawn(*(PAINTS[name] for name in pair), background=BACKGROUNDS["cool grey"], kind="JPEG")) == set(pair)


def test_a_picture_of_many_colours_is_multicoloured() -> None:
    (found,) = picture_colours(drawn(*(PAINTS[name] for name in ("red", "yellow", "blue", "green", "black"))))
    assert found.value == "multicolour"


def test_cloth_that_fills_the_picture_is_read_whole() -> None:
    assert names(saved(Image.new("RGB", (300, 200), PAINTS["green"]))) == {"green"}


def test_what_is_cut_out_is_read_without_its_transparent_ground() -> None:
    image = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    image.paste(Image.new("RGBA", (40, 40), PAINTS["navy"]), (30, 30))
    assert names(saved(image)) == {"navy"}


def test_a_cut_out_that_reaches_the_rim_is_all_product() -> None:
    image = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
    image.paste(PAINTS["blue"], (0, 0, 100, 120))
    image.paste(PAINTS["red"], (25, 25, 75, 75))
    assert names(saved(image)) == {"blue", "red"}


@pytest.mark.parametrize("radius", [20, 40])
@pytest.mark.parametrize("paints", [{"red": PAINTS["red"]}, {"black": "#101010", "red": PAINTS["red"]}])
def test_rounded_corners_are_no_cutting_out_and_the_black_that_they_hide_is_no_ground(
    radius: int, paints: dict[str, str]
) -> None:
    image = Image.open(io.BytesIO(drawn(*paints.values()))).convert("RGBA")
    corners = Image.new("L", image.size, 0)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, 239, 239), radius, fill=255)
    image.putalpha(corners)
    assert names(saved(image)) == set(paints)


def test_greys_of_two_bytes_are_read_as_bright_as_they_are() -> None:
    grey = np.full((100, 100), 255, np.uint16)
    grey[30:70, 30:70] = 32
    assert names(saved(Image.fromarray(grey * 257))) == {"black"}


@pytest.mark.parametrize("mode", ["CMYK", "P"])
def test_colours_are_read_however_they_are_stored(mode: str) -> None:
    image = Image.open(io.BytesIO(drawn(PAINTS["red"], PAINTS["blue"]))).convert(mode)
    assert names(saved(image, "JPEG" if mode == "CMYK" else "PNG")) == {"red", "blue"}


def test_the_larger_colour_comes_first_with_its_share() -> None:
    image = Image.new("RGB", (100, 100), "white")
    image.paste(PAINTS["red"], (20, 20, 80, 65))
    image.paste(PAINTS["blue"], (20, 65, 80, 80))
    first, second = picture_colours(saved(image))
    assert (first.value, second.value) == ("red", "blue")
    assert first.share == pytest.approx(0.75, abs=0.03)
    assert all(0 < colour.probability <= 1 for colour in (first, second))


@pytest.mark.parametrize(
    "picture",
    [b"", b"not a picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", saved(Image.new("RGB", (9, 9), "red"), "GIF"),
     saved(Image.new("RGB", (90, 90), "red"))[:60], saved(Image.new("L", (8_000, 8_000)), compress_level=9)],
    ids=["nothing", "text", "svg", "gif", "cut short", "too large"],
)  # fmt: skip
def test_what_cannot_be_read_says_nothing(picture: bytes) -> None:
    assert picture_colours(picture) == ()
