"""The colours of a product read from the pixels of its picture: PNG or JPEG, without weights and without a download.

What stands at the rim is background, what is the background's own colour but a little darker is its shadow, and the rest is the
product. Each of its pixels is named by the nearest of a few dozen known shades in CIELAB, where distances are about those that
people see.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_FORMATS = ("PNG", "JPEG")
# Beyond this a small file unpacks to gigabytes; no camera needs it.
_MAX_PIXELS = 50_000_000
_SIDE, _DITHERED_SIDE = 96, 768
_RIM = 2
# CIELAB distances: alike to the eye under another light; how far a shadow darkens; how widely people spread one name.
_ALIKE = 11.0
_SHADOW_DEPTH = 26.0
_SHADOW_CHROMA = 7.0
_SPREAD = 9.0
# Light falls unevenly on a product, so lightness tells less of its colour than hue does.
_LIGHTNESS_WEIGHT = 0.55
_MIN_PRODUCT = 0.03
_MIN_SHARE = 0.16
_MANY = 4
MULTICOLOUR = "multicolour"

# Shades as sRGB, several to a name; our own choice, checked against the drawn pictures of the tests.
_SHADES: dict[str, tuple[str, ...]] = {
    "red": ("#c8202c", "#e03a3a", "#a81c24"),
    "maroon": ("#701c2c", "#5c1522", "#852b3c"),
    "orange": ("#e8762a", "#f59a3c", "#d05a1e"),
    "yellow": ("#f2d230", "#e8b931", "#f7e66a"),
    "green": ("#2f8a4c", "#6fb04a", "#1e5c36", "#8cc98c", "#6b7a34"),
    "teal": ("#178a8a", "#3fbfbf", "#0e5f63"),
    "blue": ("#2f62c0", "#3a6fb5", "#6aa4e0", "#9cc8ee"),
    "navy": ("#1b2a56", "#22335e", "#101c3c"),
    "purple": ("#74479c", "#55307a", "#a683cc"),
    "pink": ("#de7fa0", "#f2b4c8", "#d94a8c"),
    "brown": ("#86572f", "#5e3a20", "#a87648"),
    "beige": ("#d8c3a0", "#e4d6bc", "#c4ab84"),
    "gold": ("#c99a3b", "#b8892c"),
    "white": ("#ffffff", "#f4f1ea", "#e6e6e6"),
    "black": ("#000000", "#1c1b1b", "#302e2d"),
    "grey": ("#8a8d91", "#b4b6b8", "#5c5e61"),
}
_NAMES = tuple(name for name, shades in _SHADES.items() for _ in shades)
# A shaded fold or a bright edge of a product in one colour bears the neighbour's name: it joins it where that is larger.
_SHADED = (("red", "maroon"), ("blue", "navy"), ("yellow", "gold"), ("orange", "gold"), ("brown", "gold"), ("white", "grey"),
           ("black", "grey"), ("blue", "teal"), ("green", "teal"), ("orange", "brown"), ("orange", "red"), ("pink", "red"),
           ("beige", "brown"), ("beige", "white"), ("pink", "purple"), ("black", "navy"), ("brown", "maroon"))  # fmt: skip


@dataclass(frozen=True)
class PictureColour:
    """A colour of the product: its share of the product's pixels, and how clearly those bear this name and no other."""

    value: str
    share: float
    probability: float


def picture_colours(picture: bytes) -> tuple[PictureColour, ...]:
    """The product's colours, largest first; none where the bytes are no readable PNG or JPEG, or show nothing but background.

    One name is told for up to three colours; a product of more is `multicolour`.
    """
    pixels = _read(picture)
    if pixels is None:
        return ()
    lab, is_opaque = _lab(pixels[..., :3]), pixels[..., 3] >= 128
    product = _product(lab, is_opaque)
    return _named(lab[product]) if product.any() else ()


def _read(picture: bytes) -> npt.NDArray[np.uint8] | None:
    """At most `_SIDE` pixels high and wide, as RGBA."""
    from PIL import Image

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(picture), formats=_FORMATS) as image:
            warnings.simplefilter("ignore")
            if image.width * image.height > _MAX_PIXELS:
                return None
            image.draft("RGB", (2 * _SIDE, 2 * _SIDE))  # a JPEG need not be unpacked in full
            if image.mode in ("1", "P"):  # numbers of colours have no mean: few enough, they become colours first
                image.thumbnail((_DITHERED_SIDE, _DITHERED_SIDE))
            small = _in_bytes(image)
            small.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
            return np.asarray(small.convert("RGBA"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _in_bytes(image: Any) -> Any:
    """The picture with channels that have a mean: of greys in two bytes the upper one, for Pillow would cut them off at 255."""
    from PIL import Image

    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert("RGBA") if image.mode in ("1", "P") else image


def _lab(rgb: npt.NDArray[np.uint8]) -> Floats:
    """CIELAB under D65 of sRGB bytes; IEC 61966-2-1 and CIE 15:2004."""
    share = rgb / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    xyz /= np.array([0.9505, 1.0, 1.0890])
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _product(lab: Floats, is_opaque: Mask) -> Mask:
    """Which pixels show the product; all of a picture that it fills to the rim, as cloth does."""
    from scipy.ndimage import label

    if not _has_whole_sides(is_opaque):
        return is_opaque  # somebody has cut it out already; rounded corners alone are no cutting out
    backgrounds = _rim_colours(lab, is_opaque)
    if not backgrounds:
        return is_opaque
    lightness, chroma = lab[..., 0], lab[..., 1:]
    is_background = ~is_opaque
    for colour in backgrounds:
        tint = np.linalg.norm(chroma - colour[1:], axis=-1)
        depth = colour[0] - lightness
        is_background |= (np.hypot(tint, depth) < _ALIKE) | ((tint < _SHADOW_CHROMA) & (depth > 0) & (depth < _SHADOW_DEPTH))
    # Only what hangs together with the rim: a white print on a shirt is no hole in it.
    parts, _ = label(is_background)
    rim = _rim(parts)
    product = ~np.isin(parts, np.unique(rim[rim > 0]))
    return product if product.mean() >= _MIN_PRODUCT else is_opaque


def _has_whole_sides(is_opaque: Mask) -> bool:
    """Whether the middle half of each side is opaque: what is transparent stands at the corners alone."""
    height, width = is_opaque.shape
    across, down = slice(width // 4, width - width // 4), slice(height // 4, height - height // 4)
    middles = (is_opaque[0, across], is_opaque[-1, across], is_opaque[down, 0], is_opaque[down, -1])
    return all(bool(middle.all()) for middle in middles)


def _rim(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _rim_colours(lab: Floats, is_opaque: Mask) -> list[Floats]:
    """The colours that fill most of the rim, each a fifth of it or more; none where the rim is as lively as the rest.

    What is transparent has no colour, whatever its bytes say.
    """
    sides = (np.s_[:_RIM], np.s_[-_RIM:], np.s_[:, :_RIM], np.s_[:, -_RIM:])
    rim = np.concatenate([lab[side][is_opaque[side]] for side in sides])
    found: list[Floats] = []
    left = rim
    while len(left) >= len(rim) / 5 and len(found) < 4:
        centre = np.median(left, axis=0)
        for _ in range(4):
            near = left[np.linalg.norm(left - centre, axis=1) < _ALIKE]
            if not len(near):
                # The median lies between two colours: start from a pixel instead.
                centre = left[np.linalg.norm(left - centre, axis=1).argmin()]
                continue
            centre = near.mean(axis=0)
        is_near = np.linalg.norm(left - centre, axis=1) < _ALIKE
        if is_near.sum() < len(rim) / 5:
            break
        found.append(centre)
        left = left[~is_near]
    return found


def _named(pixels: Floats) -> tuple[PictureColour, ...]:
    listed = [shade for shades in _SHADES.values() for shade in shades]
    known = _lab(np.array([[int(shade[at : at + 2], 16) for at in (1, 3, 5)] for shade in listed], np.uint8))
    weights = np.array([_LIGHTNESS_WEIGHT, 1.0, 1.0])
    distance = (((pixels[:, None] - known[None]) * weights) ** 2).sum(axis=2)
    closeness = np.exp(-(distance - distance.min(axis=1, keepdims=True)) / (2 * _SPREAD**2))
    names = list(_SHADES)
    of = np.array([names.index(name) for name in _NAMES])
    # Several shades of one name are one chance, that of the nearest.
    chance = np.stack([closeness[:, of == number].max(axis=1) for number in range(len(names))], axis=1)
    chance /= chance.sum(axis=1, keepdims=True)
    nearest = chance.argmax(axis=1)
    shares = dict(zip(names, np.bincount(nearest, minlength=len(names)) / len(pixels), strict=True))
    clear = {name: float(chance[nearest == number, number].mean()) for number, name in enumerate(names) if shares[name] > 0}
    joined = _join_shades(shares)
    largest = sorted((name for name in joined if joined[name] >= _MIN_SHARE), key=lambda name: (-joined[name], name))
    if len(largest) >= _MANY:
        return (PictureColour(MULTICOLOUR, 1.0, float(np.mean([clear[name] for name in largest]))),)
    return tuple(PictureColour(name, float(joined[name]), clear[name]) for name in largest)


def _join_shades(shares: dict[str, float]) -> dict[str, float]:
    """Shares in which the smaller of two neighbours has joined the larger, the smallest first."""
    joined = {name: share for name, share in shares.items() if share > 0}
    for name in sorted(joined, key=lambda name: (joined[name], name)):
        others = [one if other == name else other for one, other in _SHADED if name in (one, other)]
        larger = max((other for other in others if joined.get(other, 0) > joined[name]), key=lambda o: joined[o], default=None)
        if larger is not None and joined[name] < 0.5 * joined[larger]:
            joined[larger] += joined.pop(name)
    return joined
