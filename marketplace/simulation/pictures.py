"""Small drawn pictures of products: a shape for each category, in the product's own colour, as SVG under 1.5 kB.

Drawings, not photographs: nothing is downloaded, and colour can be read back from the pixels because it is really there.
"""

from collections.abc import Callable

import numpy as np

SIZE = 200

# Each draws inside 200 x 200 with c = the product's colour, d = darker, l = lighter.
_SHAPES: dict[str, str] = {
    "mug": (
        '<rect x="55" y="60" width="76" height="86" rx="10" fill="{c}"/><path d="M131 78h14a18 18 0 0 1 0 46h-14" '
        'fill="none" stroke="{c}" stroke-width="11"/><ellipse cx="93" cy="62" rx="38" ry="8" fill="{d}"/><path d="M70 '
        '96h46M70 110h30" stroke="{l}" stroke-width="5"/>'
    ),
    "board": (
        '<rect x="62" y="62" width="76" height="104" rx="14" fill="{c}"/><rect x="90" y="30" width="20" height="40" '
        'rx="9" fill="{c}"/><circle cx="100" cy="42" r="5" fill="{b}"/><path d="M74 84q26 12 52 0M74 112q26 12 52 0M74 '
        '140q26 12 52 0" stroke="{d}" fill="none" stroke-width="3"/>'
    ),
    "bowl": (
        '<path d="M38 92h124q-6 60-62 60t-62-60z" fill="{c}"/><ellipse cx="100" cy="92" rx="62" ry="15" '
        'fill="{d}"/><ellipse cx="100" cy="94" rx="48" ry="9" fill="{l}"/><rect x="78" y="150" width="44" height="9" '
        'rx="4" fill="{d}"/>'
    ),
    "vase": (
        '<path d="M84 70q-36 36-16 78 6 14 32 14t32-14q20-42-16-78l4-20H80z" fill="{c}"/><ellipse cx="100" cy="50" '
        'rx="20" ry="6" fill="{d}"/><path d="M66 112q34 16 68 0" stroke="{l}" stroke-width="6" fill="none"/><path d="M94 '
        '48q-10-22-22-26M104 48q8-20 24-24" stroke="#5c8a4a" stroke-width="4" fill="none"/>'
    ),
    "hanging": (
        '<path d="M46 44h108" stroke="#7a5a3a" stroke-width="7"/><path d="M56 48v70M78 48v96M100 48v110M122 48v96M144 '
        '48v70" stroke="{c}" stroke-width="12"/><path d="M50 90l50 36 50-36M50 66l50 36 50-36" stroke="{l}" '
        'stroke-width="5" fill="none"/>'
    ),
    "lamp": (
        '<path d="M72 44h56l22 62H50z" fill="{c}"/><rect x="94" y="106" width="12" height="44" fill="{d}"/><rect x="68" '
        'y="148" width="64" height="12" rx="5" fill="{d}"/><path d="M84 52l-14 48M100 52v48M116 52l14 48" stroke="{l}" '
        'stroke-width="4"/>'
    ),
    "quilt": (
        '<rect x="36" y="44" width="128" height="112" rx="6" fill="{c}"/><g stroke="{l}" fill="none" stroke-width="3" '
        'stroke-dasharray="6 4"><rect x="46" y="54" width="108" height="92"/><circle cx="100" cy="100" r="32"/><path '
        'd="M100 68v64M68 100h64M77 77l46 46M123 77l-46 46"/></g>'
    ),
    "cushion": (
        '<path d="M48 56q52 12 104 0-10 44 0 88-52-12-104 0 10-44 0-88z" fill="{c}"/><path d="M100 74l22 26-22 26-22-26z"'
        ' fill="{l}"/><circle cx="100" cy="100" r="7" fill="{d}"/>'
    ),
    "runner": (
        '<rect x="74" y="34" width="52" height="124" fill="{c}"/><path d="M74 52h52M74 140h52" stroke="{l}" '
        'stroke-width="6"/><path d="M78 158v10M90 158v10M102 158v10M114 158v10M124 158v10" stroke="{d}" '
        'stroke-width="3"/><path d="M100 72l14 24-14 24-14-24z" fill="{d}"/>'
    ),
    "saree": (
        '<path d="M52 40q70 10 84 122H70Q84 92 52 40z" fill="{c}"/><path d="M52 40q96 4 110 84l-24 10Q126 72 52 40z" '
        'fill="{d}"/><g fill="{l}"><circle cx="92" cy="90" r="4"/><circle cx="104" cy="112" r="4"/><circle cx="94" '
        'cy="132" r="4"/><circle cx="112" cy="142" r="4"/></g>'
    ),
    "shawl": (
        '<path d="M40 54l120 10-18 86-46-44-46 44z" fill="{c}"/><path d="M44 70l112 10" stroke="{l}" '
        'stroke-width="6"/><path d="M50 150v14M58 143v14M142 150v14M134 143v14" stroke="{d}" stroke-width="4"/>'
    ),
    "shirt": (
        '<path d="M78 40l-40 26 12 30 14-8v76h72V88l14 8 12-30-40-26q-22 18-44 0z" fill="{c}"/><path d="M100 54v46" '
        'stroke="{l}" stroke-width="6"/><path d="M78 40q22 26 44 0" stroke="{d}" stroke-width="6" fill="none"/>'
    ),
    "tee": (
        '<path d="M74 52l-36 22 14 28 14-8v62h68V94l14 8 14-28-36-22q-26 18-52 0z" fill="{c}"/><circle cx="100" cy="108" '
        'r="16" fill="{l}"/><path d="M92 108l6 7 12-14" stroke="{d}" stroke-width="4" fill="none"/>'
    ),
    "necklace": (
        '<path d="M48 40q10 84 52 84t52-84" stroke="{c}" stroke-width="6" fill="none"/><path d="M100 120l18 22-18 '
        '26-18-26z" fill="{c}"/><circle cx="100" cy="142" r="7" fill="{l}"/>'
    ),
    "earrings": (
        '<g fill="{c}"><circle cx="70" cy="62" r="9"/><path d="M48 118a22 26 0 0 1 44 0z"/><circle cx="130" cy="62" '
        'r="9"/><path d="M108 118a22 26 0 0 1 44 0z"/></g><path d="M54 122v12M70 122v18M86 122v12M114 122v12M130 '
        '122v18M146 122v12" stroke="{d}" stroke-width="5"/>'
    ),
    "bangle": (
        '<g fill="none" stroke-width="12"><ellipse cx="86" cy="104" rx="44" ry="50" stroke="{c}"/><ellipse cx="116" '
        'cy="104" rx="44" ry="50" stroke="{d}"/></g><circle cx="60" cy="66" r="5" fill="{l}"/><circle cx="48" cy="98" '
        'r="5" fill="{l}"/>'
    ),
    "ring": (
        '<circle cx="100" cy="116" r="44" fill="none" stroke="{c}" stroke-width="13"/><path d="M80 48h40l12 16-32 '
        '30-32-30z" fill="{d}"/><path d="M88 52h24l-12 34z" fill="{l}"/>'
    ),
    "wallet": (
        '<rect x="42" y="62" width="116" height="82" rx="10" fill="{c}"/><path d="M42 92h116" stroke="{d}" '
        'stroke-width="4"/><rect x="124" y="94" width="34" height="24" rx="8" fill="{d}"/><circle cx="136" cy="106" r="5"'
        ' fill="{l}"/>'
    ),
    "bag": (
        '<rect x="46" y="78" width="108" height="76" rx="10" fill="{c}"/><path d="M70 78q0-40 30-40t30 40" fill="none" '
        'stroke="{d}" stroke-width="8"/><path d="M46 78h108v24q-54 26-108 0z" fill="{d}"/><rect x="92" y="106" width="16"'
        ' height="18" rx="3" fill="{l}"/>'
    ),
    "tote": (
        '<path d="M54 74h92l10 88H44z" fill="{c}"/><path d="M76 76q0-44 24-44t24 44" fill="none" stroke="{d}" '
        'stroke-width="7"/><path d="M100 98q20 14 0 42-20-28 0-42z" fill="{l}"/>'
    ),
    "pouch": (
        '<path d="M46 84q54-20 108 0l8 62q-62 22-124 0z" fill="{c}"/><path d="M46 84q54 18 108 0" stroke="{d}" '
        'stroke-width="5" fill="none"/><circle cx="100" cy="96" r="7" fill="{l}"/>'
    ),
    "book": (
        '<rect x="58" y="42" width="86" height="118" rx="6" fill="{c}"/><rect x="58" y="42" width="16" height="118" '
        'fill="{d}"/><rect x="86" y="66" width="44" height="26" rx="3" fill="{l}"/><path d="M130 42v118" stroke="{d}" '
        'stroke-width="4"/>'
    ),
    "card": (
        '<rect x="50" y="52" width="100" height="100" rx="4" fill="{c}"/><path d="M100 84q-30-28-34 2 0 20 34 40 34-20 '
        '34-40-4-30-34-2z" fill="{l}"/><path d="M50 140h100" stroke="{d}" stroke-width="5"/>'
    ),
    "pen": (
        '<path d="M56 150l84-96 18 16-84 96-24 8z" fill="{c}"/><path d="M56 150l18 16-24 8z" fill="{d}"/><path d="M122 '
        '74l18 16" stroke="{l}" stroke-width="6"/>'
    ),
    "doll": (
        '<circle cx="100" cy="62" r="24" fill="#d9a877"/><path d="M76 60q24-40 48 0-24-14-48 0z" fill="{d}"/><path d="M84'
        ' 84h32l24 74H60z" fill="{c}"/><path d="M66 138h68" stroke="{l}" stroke-width="7"/><circle cx="92" cy="64" '
        'r="3"/><circle cx="108" cy="64" r="3"/>'
    ),
    "toy": (
        '<path d="M46 92h76V64h20v28h16v36H46z" fill="{c}"/><circle cx="70" cy="136" r="16" fill="{d}"/><circle cx="132" '
        'cy="136" r="16" fill="{d}"/><rect x="58" y="98" width="24" height="16" fill="{l}"/>'
    ),
    "puzzle": (
        '<rect x="50" y="52" width="48" height="48" fill="{c}"/><rect x="102" y="52" width="48" height="48" '
        'fill="{d}"/><rect x="50" y="104" width="48" height="48" fill="{d}"/><rect x="102" y="104" width="48" height="48"'
        ' fill="{c}"/><circle cx="100" cy="76" r="11" fill="{c}"/><circle cx="74" cy="102" r="11" fill="{l}"/>'
    ),
    "painting": (
        '<rect x="40" y="46" width="120" height="108" fill="{d}"/><rect x="50" y="56" width="100" height="88" '
        'fill="{l}"/><path d="M50 144l34-46 24 28 16-20 26 38z" fill="{c}"/><circle cx="128" cy="78" r="12" fill="{c}"/>'
    ),
    "sculpture": (
        '<path d="M84 40q32-8 30 24 22 30 8 76H78q-14-46 8-74-8-14-2-26z" fill="{c}"/><rect x="62" y="140" width="76" '
        'height="20" fill="{d}"/><path d="M92 90q10 20 4 44" stroke="{l}" stroke-width="5" fill="none"/>'
    ),
    "portrait": (
        '<rect x="50" y="38" width="100" height="126" fill="{c}"/><rect x="60" y="48" width="80" height="106" '
        'fill="{l}"/><circle cx="100" cy="86" r="20" fill="{d}"/><path d="M66 154q4-44 34-44t34 44z" fill="{c}"/>'
    ),
    "frame": (
        '<rect x="42" y="42" width="116" height="116" fill="{c}"/><rect x="60" y="60" width="80" height="80" '
        'fill="{l}"/><path d="M60 140l28-36 18 20 12-12 22 28z" fill="{d}"/><path d="M42 42l18 18M158 42l-18 18M42 '
        '158l18-18M158 158l-18-18" stroke="{d}" stroke-width="3"/>'
    ),
    "keyring": (
        '<circle cx="100" cy="62" r="24" fill="none" stroke="#9a9a9a" stroke-width="7"/><rect x="78" y="86" width="44" '
        'height="74" rx="12" fill="{c}"/><path d="M90 112h20M90 126h20" stroke="{l}" stroke-width="5"/>'
    ),
    "hamper": (
        '<path d="M48 92h104l-12 66H60z" fill="{c}"/><path d="M56 92q44-78 88 0" fill="none" stroke="{d}" '
        'stroke-width="8"/><path d="M52 112h96M56 134h88M80 92v66M120 92v66" stroke="{d}" stroke-width="4"/><circle '
        'cx="100" cy="86" r="12" fill="{l}"/>'
    ),
    "tray": (
        '<ellipse cx="100" cy="108" rx="66" ry="40" fill="{c}"/><ellipse cx="100" cy="104" rx="52" ry="28" fill="{d}"/><g'
        ' fill="{l}"><circle cx="100" cy="100" r="9"/><circle cx="76" cy="106" r="7"/><circle cx="124" cy="106" '
        'r="7"/><circle cx="100" cy="118" r="6"/></g>'
    ),
}

_BACKGROUNDS = ("#f6f1e7", "#eef3f1", "#f3eef5", "#edf1f7", "#f7efec", "#f1f4e8")
_CORNERS: dict[str, Callable[[str], str]] = {
    "traditional": lambda colour: f'<path d="M0 0h34L0 34zM200 200h-34l34-34z" fill="{colour}" opacity=".35"/>',
    "minimal": lambda colour: f'<path d="M20 182h160" stroke="{colour}" stroke-width="2" opacity=".5"/>',
    "playful": lambda colour: (
        f'<g fill="{colour}" opacity=".45"><circle cx="22" cy="22" r="9"/><circle cx="180" cy="34" r="6"/>'
        '<circle cx="24" cy="176" r="6"/></g>'
    ),
    "rustic": lambda colour: (
        f'<rect x="8" y="8" width="184" height="184" fill="none" stroke="{colour}" opacity=".4" stroke-width="3"/>'
    ),
}


def draw(shape: str, colour: str, *, style: str, rng: np.random.Generator) -> str:
    """The SVG text of one product: `shape` as named by its category, `colour` as #rrggbb."""
    background = _BACKGROUNDS[int(rng.integers(len(_BACKGROUNDS)))]
    parts = {"c": colour, "d": _mix(colour, "#000000", 0.28), "l": _mix(colour, "#ffffff", 0.55), "b": background}
    turn = int(rng.integers(-5, 6))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">'
        f'<rect width="{SIZE}" height="{SIZE}" fill="{background}"/>'
        f'{_CORNERS[style](parts["d"])}<ellipse cx="100" cy="168" rx="62" ry="8" fill="#00000022"/>'
        f'<g transform="rotate({turn} 100 100)" stroke-linejoin="round">{_SHAPES[shape].format(**parts)}</g></svg>'
    )


def _mix(colour: str, other: str, share: float) -> str:
    """`colour` moved by `share` towards `other`, both #rrggbb."""
    channels = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in channels)
