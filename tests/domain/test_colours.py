"""Whatever colour a firm chooses, what stands on it and what is drawn with it can be read."""

import colorsys

import pytest

from domain.colours import NIGHT, PAPER, READ, SEEN, as_colour, contrast, ink_on, is_colour, mix, readable

ACCENTS = [
    '#' + ''.join(f'{round(255 * part):02x}' for part in colorsys.hls_to_rgb(hue / 24, light / 10, full / 4))
    for hue in range(24)
    for light in range(11)
    for full in range(5)
]


def test_contrast_is_that_of_wcag() -> None:
    """Known pairs."""
    assert round(contrast('#000000', '#ffffff'), 2) == 21
    assert round(contrast('#777777', '#ffffff'), 2) == 4.48
    assert round(contrast('#ffffff', '#2b55d9'), 2) == 6.17
    assert contrast('#123456', '#123456') == 1


def test_text_on_any_colour_is_read() -> None:
    """1.4.3: at least 4.5 to 1, whatever the accent."""
    assert min(contrast(ink_on(colour), colour) for colour in ACCENTS) >= READ


@pytest.mark.parametrize('paper', [PAPER, NIGHT])
@pytest.mark.parametrize('least', [SEEN, READ])
def test_any_colour_is_brought_to_where_it_is_seen(paper: str, least: float) -> None:
    """The nearest one: what is good enough stays, and what is not is moved no further than it must."""
    for colour in ACCENTS:
        found = readable(colour, paper, least)
        assert is_colour(found)
        assert contrast(found, paper) >= least
        if contrast(colour, paper) >= least:
            assert found == colour
        else:
            assert contrast(found, paper) < least + 0.2


def test_it_keeps_its_hue() -> None:
    """A pale yellow becomes a dark yellow, not grey and not green."""
    red, green, blue = (int(readable('#ffee00', PAPER, SEEN)[place : place + 2], 16) for place in (1, 3, 5))
    hue = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)[0] * 360
    assert abs(hue - 56) < 6
    assert blue < 40


@pytest.mark.parametrize(
    ('typed', 'colour'),
    [
        ('#2B55D9', '#2b55d9'), (' 2b55d9 ', '#2b55d9'), ('abc', '#aabbcc'), ('#ABC', '#aabbcc'), ('red', None),
        ('', None), ('#12', None), ('#1234567', None), ('#12345g', None), ('#٠٠٠٠٠٠', None), ('#fff;}', None),
    ],
)  # fmt: skip
def test_a_colour_as_it_is_typed(typed: str, colour: str | None) -> None:
    """In the ways people copy it from elsewhere."""
    assert as_colour(typed) == colour


def test_a_tint() -> None:
    """Of nothing, of everything, of half."""
    assert [mix('#000000', '#ffffff', share) for share in (0, 1, 0.5)] == ['#ffffff', '#000000', '#808080']
