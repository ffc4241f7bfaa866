"""Colours as `#rrggbb`: how well one is read on another, and the nearest one that is (WCAG 2.2, 1.4.3 and 1.4.11).

For mail, for plain pages and for telling staff; pages that people work in derive theirs in the stylesheet, by the same
rules.
"""

import re
from functools import lru_cache

HOUSE_ACCENT = '#2b55d9'
PAPER, NIGHT = '#ffffff', '#1a1917'  # the sheet that things stand on, by day and in the dark
READ, SEEN = 4.5, 3.0  # the contrast that text needs, and that a button, a border or a big letter needs
_COLOUR = re.compile(r'#[0-9a-f]{6}')
_AS_TYPED = re.compile(r'#?([0-9a-f]{6}|[0-9a-f]{3})')
_BREAK_EVEN = 0.1791  # the luminance on which black and white are read equally well
_STEPS = 20

Linear = tuple[float, float, float]


def as_colour(typed: str) -> str | None:
    """`#rrggbb` of what somebody typed: with or without `#`, in three or six digits, in any case. None for the rest."""
    found = _AS_TYPED.fullmatch(typed.strip().lower())
    if not found:
        return None
    digits = found[1]
    return '#' + (digits if len(digits) == 6 else ''.join(2 * digit for digit in digits))


def is_colour(text: str) -> bool:
    """Whether it is `#rrggbb` in small letters, and may go into a stylesheet as it stands."""
    return _COLOUR.fullmatch(text) is not None


def luminance(colour: str) -> float:
    """From 0 (black) to 1 (white)."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """Black or white, whichever is read better on it: at least 4.58 to 1."""
    return '#000000' if luminance(colour) > _BREAK_EVEN else '#ffffff'


@lru_cache(1_024)
def readable(colour: str, paper: str, least: float) -> str:
    """The nearest colour of the same hue that has this contrast with `paper`; the colour itself where it has.

    It goes darker on light paper, lighter on dark, in OKLab, where equal steps look equal; at the end of the way is
    black or white.
    """
    if contrast(colour, paper) >= least:
        return colour
    lightness, a, b = _to_oklab(_linear(colour))
    end = 0.0 if luminance(paper) > _BREAK_EVEN else 1.0
    far, near = 1.0, 0.0  # of the way to black or white: enough, and not enough
    for _ in range(_STEPS):
        middle = (far + near) / 2
        tried = _from_oklab((lightness + (end - lightness) * middle, a * (1 - middle), b * (1 - middle)))
        far, near = (middle, near) if contrast(tried, paper) >= least else (far, middle)
    return _from_oklab((lightness + (end - lightness) * far, a * (1 - far), b * (1 - far)))


def mix(colour: str, paper: str, share: float) -> str:
    """So much of the colour on paper, as a tint: 0 is the paper, 1 the colour."""
    return '#' + ''.join(
        f'{round(int(one, 16) * share + int(other, 16) * (1 - share)):02x}'
        for one, other in zip(_pairs(colour), _pairs(paper), strict=True)
    )


def _pairs(colour: str) -> tuple[str, str, str]:
    return colour[1:3], colour[3:5], colour[5:7]


def _linear(colour: str) -> Linear:
    red, green, blue = (int(pair, 16) / 255 for pair in _pairs(colour))
    return _unbend(red), _unbend(green), _unbend(blue)


def _unbend(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _bend(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _to_oklab(colour: Linear) -> Linear:
    red, green, blue = colour
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_oklab(colour: Linear) -> str:
    lightness, a, b = colour
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return '#' + ''.join(f'{round(255 * min(max(_bend(max(part, 0.0)), 0.0), 1.0)):02x}' for part in linear)
