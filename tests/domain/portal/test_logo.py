"""A logo is looked at by what it is, written anew, and refused with a reason."""

from base64 import b64encode
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.brand_errors import LogoFault, LogoRefused
from domain.portal.logo import LARGEST, MOST_BYTES, read_logo, read_picture_of_drawing
from tests.domain.portal.logos import (
    ACTIVE,
    ADOBE,
    DRAWN,
    NO_PICTURE,
    REACHES_OUT,
    holding,
    moving,
    painted,
    png_of,
    uses_of_uses,
    with_a_past,
    with_words,
)


def fault_of(data: bytes) -> LogoFault:
    """Why it is refused."""
    with pytest.raises(LogoRefused) as refused:
        read_logo(data)
    return refused.value.fault


@pytest.mark.parametrize(
    ('data', 'media_type'),
    [
        (painted('PNG'), 'image/png'),
        (painted('PNG', mode='RGBA'), 'image/png'),
        (painted('PNG', mode='P'), 'image/png'),
        (painted('PNG', mode='I;16'), 'image/png'),
        (painted('PNG', mode='1'), 'image/png'),
        (painted('JPEG'), 'image/jpeg'),
        (painted('JPEG', mode='CMYK'), 'image/jpeg'),
        (painted('JPEG', mode='L'), 'image/jpeg'),
        (painted('WEBP', mode='RGBA'), 'image/png'),
    ],
)
def test_a_picture_is_written_anew(data: bytes, media_type: str) -> None:
    """Three files come of it: the logo, one for mail at half its measures, and a square for the tab."""
    files = read_logo(data)
    assert files.media_type == media_type
    assert files.for_mail and files.icon
    with Image.open(BytesIO(files.content)) as logo, Image.open(BytesIO(files.icon)) as icon:
        assert logo.get_format_mimetype() == media_type  # type: ignore[no-untyped-call]
        assert logo.size == (120, 60)
        assert (icon.format, icon.size) == ('PNG', (96, 96))
    with Image.open(BytesIO(files.for_mail)) as mail:
        assert (mail.format, mail.size, files.mail_size) == ('PNG', (120, 60), (60, 30))
    assert read_logo(data).digest == files.digest
    assert read_logo(painted(size=(64, 64))).digest != files.digest


def test_a_large_one_is_made_smaller() -> None:
    """What is kept is at most a few times as large as it is shown."""
    files = read_logo(painted(size=(2_000, 1_000)))
    with Image.open(BytesIO(files.content)) as logo:
        assert logo.size == LARGEST


def test_what_can_be_seen_through_stays_so() -> None:
    """Also where only one colour of a palette can be."""
    palette = Image.new('P', (32, 32))
    out = BytesIO()
    palette.save(out, 'PNG', transparency=0)
    with Image.open(BytesIO(read_logo(out.getvalue()).content)) as logo:
        assert logo.mode == 'RGBA'
        assert logo.getchannel('A').getextrema() == (0, 0)


def test_deep_grey_keeps_its_shade() -> None:
    """Sixteen bits a pixel come out as eight, not as white."""
    grey = Image.new('I;16', (32, 32), 32_768)
    out = BytesIO()
    grey.save(out, 'PNG')
    with Image.open(BytesIO(read_logo(out.getvalue()).content)) as logo:
        assert logo.getpixel((5, 5)) == (128, 128, 128)


def test_nothing_it_carried_along_is_left() -> None:
    """A picture taken sideways stands upright; where and by whom it was taken is nobody's business."""
    files = read_logo(with_a_past())
    with Image.open(BytesIO(files.content)) as logo:
        assert logo.size == (40, 80)
        assert not logo.getexif()
    for left in (files.content, files.icon or b'', files.for_mail or b''):
        assert b'Olga' not in left and b'secret' not in left and b'Exif' not in left
    assert b'script' not in read_logo(with_words()).content


@pytest.mark.parametrize('name', NO_PICTURE)
def test_what_is_no_picture_is_refused(name: str) -> None:
    """A renamed program is a program."""
    assert fault_of(NO_PICTURE[name]) is LogoFault.NO_PICTURE


@pytest.mark.parametrize(
    ('data', 'fault'),
    [
        (b'', LogoFault.EMPTY),
        (b'\x89PNG\r\n\x1a\n' + b'\0' * MOST_BYTES, LogoFault.TOO_BIG),
        (png_of(8_000, 5_000), LogoFault.TOO_MANY_PIXELS),
        (png_of(2**31 - 1, 2**31 - 1), LogoFault.TOO_MANY_PIXELS),
        (png_of(8, 400), LogoFault.TOO_SMALL),
        (png_of(300, 300), LogoFault.BROKEN),
        (painted()[:90], LogoFault.BROKEN),
        (b'\x89PNG\r\n\x1a\n' + b'rubbish' * 99, LogoFault.BROKEN),
        (b'\xff\xd8\xff' + b'rubbish' * 99, LogoFault.BROKEN),
        (b'RIFF\0\0\0\0WEBP' + b'rubbish' * 99, LogoFault.BROKEN),
        (moving('PNG'), LogoFault.MOVES),
        (moving('WEBP'), LogoFault.MOVES),
        (moving('GIF'), LogoFault.OTHER_FORMAT),
        (painted('TIFF'), LogoFault.OTHER_FORMAT),
        (painted('BMP'), LogoFault.OTHER_FORMAT),
        (b'\0\0\0\x1cftypavif' + b'\0' * 99, LogoFault.OTHER_FORMAT),
        (b'%PDF-1.7 <svg', LogoFault.OTHER_FORMAT),
    ],
    ids=str,
)
def test_what_cannot_be_a_logo(data: bytes, fault: LogoFault) -> None:
    """Each is told apart, and none is unpacked first."""
    assert fault_of(data) is fault


@pytest.mark.parametrize('data', [DRAWN, ADOBE, b'\xef\xbb\xbf' + DRAWN])
def test_a_drawing(data: bytes) -> None:
    """Kept as a drawing; mail waits for a picture of it."""
    files = read_logo(data)
    assert (files.media_type, files.icon, files.for_mail) == ('image/svg+xml', None, None)
    assert b'M0 0h40v20' in files.content
    assert b'DOCTYPE' not in files.content and b'Adobe' not in files.content


@pytest.mark.parametrize('name', ACTIVE)
def test_a_drawing_that_acts_is_refused(name: str) -> None:
    """Not mended in silence: its owner hears of it."""
    assert fault_of(ACTIVE[name]) is LogoFault.ACTIVE


@pytest.mark.parametrize('name', REACHES_OUT)
def test_a_drawing_that_fetches_something_is_refused(name: str) -> None:
    """No third party hears who opens the portal."""
    assert fault_of(REACHES_OUT[name]) is LogoFault.REACHES_OUT


@pytest.mark.parametrize(
    ('data', 'fault'),
    [
        (uses_of_uses(), LogoFault.TOO_MUCH),
        (holding('<g id="a"><use xlink:href="#a"/></g>'), LogoFault.TOO_MUCH),
        (holding('<g>' * 100 + '</g>' * 100), LogoFault.TOO_MUCH),
        (holding('<path d="M0 0"/>' * 6_000), LogoFault.TOO_MUCH),
        (holding('x' * 300_000), LogoFault.TOO_BIG),
        (b'<svg viewBox="0 0 9 9"><path d="M0 0"/></svg>', LogoFault.BROKEN),
        (holding('<g>'), LogoFault.BROKEN),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><use xlink:href="#a"/></svg>', LogoFault.BROKEN),
        (holding('<:path/>'), LogoFault.BROKEN),
        (b'<html><svg xmlns="http://www.w3.org/2000/svg"/></html>', LogoFault.BROKEN),
        ('\ufeff<svg'.encode('utf-16'), LogoFault.NO_PICTURE),
    ],
    ids=str,
)
def test_a_drawing_that_is_too_much_or_none(data: bytes, fault: LogoFault) -> None:
    """What would keep a browser busy is refused before anything is drawn."""
    assert fault_of(data) is fault


PIECES = [
    b'<', b'>', b'"', b'<g>', b'</g>', b' a="b"', b' xlink:href="#a"', b' x:y="z"', b'<:a/>', b'&#0;', b'&#x110000;',
    b']]>', b'<![CDATA[', b'<!--', b'-->', b'<style>', b'</style>', b'url(', b'\\', b'\xff', b'\x00', b'}', b'@media',
    b'/*', b'<a:b/>',
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(b''.join))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_drawing_is_kept_or_refused_in_words(inside: bytes) -> None:
    """A parser that stumbles is nobody's fault but the file's."""
    try:
        assert read_logo(holding('').replace(b'<path', inside + b'<path')).content
    except LogoRefused as refused:
        assert refused.fault


def test_a_picture_within_a_drawing() -> None:
    """As data it may stand there, by address it may not."""
    data = b64encode(painted()).decode()
    within = holding(f'<image width="9" href="data:image/png;base64,{data}"/>')
    assert f'data:image/png;base64,{data}'.encode() in read_logo(within).content


@pytest.mark.parametrize(
    ('pictures', 'fault'),
    [
        ([png_of(8_000, 5_000)], LogoFault.TOO_MUCH),
        ([png_of(2**31 - 1, 2**31 - 1)], LogoFault.TOO_MUCH),
        ([png_of(2_000, 2_100), png_of(2_001, 2_100)], LogoFault.TOO_MUCH),
        ([b'\x89PNG\r\n\x1a\n'], LogoFault.BROKEN),
        ([moving('GIF')], LogoFault.BROKEN),
        ([DRAWN], LogoFault.BROKEN),
    ],
    ids=['40 megapixels', 'a bomb', 'two that are too much together', 'cut off', 'a GIF that says PNG', 'a drawing'],
)
def test_a_picture_within_a_drawing_is_looked_at_too(pictures: list[bytes], fault: LogoFault) -> None:
    """By what it is and by its measures: every browser that shows the logo would have to unpack it."""
    images = (f'<image href="data:image/png;base64,{b64encode(one).decode()}"/>' for one in pictures)
    assert fault_of(holding(''.join(images))) is fault


def test_words_that_only_sound_like_a_style() -> None:
    """Firms are called all kinds of things."""
    named = holding('<g id="Freedom_of_Expression" aria-label="Behavior Labs: expression, image-set"/>')
    assert read_logo(named).media_type == 'image/svg+xml'
    assert fault_of(holding('<g style="width: expression (alert(1))"/>')) is LogoFault.REACHES_OUT
    assert fault_of(holding('<style>a{behavior : url(#x)}</style>')) is LogoFault.REACHES_OUT


def test_what_a_browser_drew() -> None:
    """It is looked at as any picture is, and has to show something."""
    picture = read_picture_of_drawing(painted(size=(800, 200)))
    assert picture.for_mail and picture.mail_size == (200, 50)
    for data, fault in (
        (b'', LogoFault.EMPTY),
        (DRAWN, LogoFault.NO_PICTURE),
        (painted(mode='RGBA'), LogoFault.BROKEN),  # blank: nothing of it can be seen
        (png_of(8_000, 5_000), LogoFault.TOO_MANY_PIXELS),
    ):
        with pytest.raises(LogoRefused) as refused:
            read_picture_of_drawing(data)
        assert refused.value.fault is fault
