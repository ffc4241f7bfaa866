"""A logo that is drawn (SVG): refused where anything in it acts, reaches out, or keeps a browser busy; then rewritten.

A drawing is a program as much as a picture. One that holds what a logo has no use for was made by somebody with other
plans, or exported by mistake; either way its owner is told. What is let through is still written anew, by py-svg-hush,
element by element from a list of what is known to be harmless.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

from PIL import Image
from py_svg_hush import filter_svg

from domain.brand_errors import LogoFault, LogoRefused

MOST_BYTES = 256 * 2**10
MOST_ELEMENTS = 5_000
MOST_DRAWN = 20_000  # elements, each counted as often as others refer to it
DEEPEST = 60
MOST_PIXELS = 8_000_000  # of a picture, or of all pictures within a drawing: what takes 32 MB once it is unpacked
SVG_NAMESPACE = 'http://www.w3.org/2000/svg'
PICTURES_WITHIN = {'image': ['png', 'jpeg', 'webp']}  # as data, not by address

_ACTS = frozenset(
    {
        'script', 'handler', 'listener', 'foreignobject', 'iframe', 'object', 'embed', 'audio', 'video', 'canvas',
        'set', 'animate', 'animatemotion', 'animatetransform', 'animatecolor', 'discard',
    }
)  # fmt: skip
_ADDRESSES = frozenset({'href', 'src', 'action', 'formaction', 'data', 'poster', 'srcset', 'base', 'values'})
_PICTURE_WITHIN = re.compile(r'data:image/(?:png|jpeg|jpg|webp);base64,[A-Za-z0-9+/=\s]*')
_STYLE_REACHES_OUT = re.compile(
    r'@import|url\(\s*(?!["\']?#)|image-set\s*\(|expression\s*\(|javascript:|-moz-binding|behavior\s*:', re.IGNORECASE
)
_REFERENCE = re.compile(r'url\(\s*["\']?#([^"\')\s]+)')


def looks_drawn(data: bytes) -> bool:
    """Whether it is text that begins like a drawing."""
    start = data[:4_096].removeprefix(b'\xef\xbb\xbf').lstrip()
    return start.startswith(b'<') and b'<svg' in data[:65_536].lower()


def made_safe(data: bytes) -> bytes:
    """The drawing, written anew. Raises LogoRefused."""
    if len(data) > MOST_BYTES:
        raise LogoRefused(LogoFault.TOO_BIG, f'{MOST_BYTES // 2**10} KB')
    _look_before_reading(data)
    root = _read(data)
    if _name(root) != 'svg' or not root.tag.startswith(f'{{{SVG_NAMESPACE}}}'):
        raise LogoRefused(LogoFault.BROKEN)
    _check(root)
    try:
        clean: bytes = filter_svg(data, PICTURES_WITHIN)
    except ValueError as error:
        raise LogoRefused(LogoFault.BROKEN) from error
    _check(_read(clean))
    return clean


def _read(data: bytes) -> Element:
    try:
        return ElementTree.fromstring(data)  # noqa: S314 - it declares nothing, as was looked at before
    except ElementTree.ParseError as error:  # a prefix that stands for nothing, among others
        raise LogoRefused(LogoFault.BROKEN) from error


def _look_before_reading(data: bytes) -> None:
    """Well-formed, of bounded size, and without declarations of its own, which could make much out of little."""
    parser = expat.ParserCreate()
    depth = elements = 0

    def begins(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > DEEPEST or elements > MOST_ELEMENTS:
            raise LogoRefused(LogoFault.TOO_MUCH)

    def ends(name: str) -> None:
        nonlocal depth
        depth -= 1

    def declares(*_: object) -> None:
        raise LogoRefused(LogoFault.ACTIVE, '<!ENTITY>')

    def says(target: str, words: str) -> None:
        raise LogoRefused(LogoFault.REACHES_OUT, f'<?{target[:40]}?>')

    parser.StartElementHandler, parser.EndElementHandler = begins, ends
    parser.EntityDeclHandler = parser.AttlistDeclHandler = parser.ElementDeclHandler = declares
    parser.ProcessingInstructionHandler = says
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise LogoRefused(LogoFault.BROKEN) from error


def _check(root: Element) -> None:
    for element in root.iter():
        name = _name(element)
        if name.lower() in _ACTS:
            raise LogoRefused(LogoFault.ACTIVE, f'<{name[:40]}>')
        if name == 'style' and _reaches_out(''.join(element.itertext())):
            raise LogoRefused(LogoFault.REACHES_OUT, '<style>')
        for full_name, value in element.attrib.items():
            _check_attribute(name, full_name.rpartition('}')[2], value)
    _refuse_what_takes_too_long(root)
    _refuse_large_pictures(root)


def _refuse_large_pictures(root: Element) -> None:
    """A picture within is unpacked by every browser that shows the logo, however few bytes it takes here."""
    values = {value.strip() for element in root.iter() for value in element.attrib.values()}
    pictures = [value for value in values if _PICTURE_WITHIN.fullmatch(value)]
    if sum(map(_pixels_of, pictures)) > MOST_PIXELS:
        raise LogoRefused(LogoFault.TOO_MUCH)


def _pixels_of(picture: str) -> int:
    try:
        data = b64decode(''.join(picture.partition(',')[2].split()), validate=True)
        with Image.open(BytesIO(data), formats=('PNG', 'JPEG', 'WEBP')) as opened:  # reads its measures alone
            return opened.width * opened.height
    except Image.DecompressionBombError:
        return MOST_PIXELS + 1
    except Exception as error:
        raise LogoRefused(LogoFault.BROKEN) from error


def _check_attribute(element: str, attribute: str, value: str) -> None:
    small = attribute.lower()
    where = f'<{element[:40]} {attribute[:40]}>'
    if small.startswith('on'):
        raise LogoRefused(LogoFault.ACTIVE, where)
    if small in _ADDRESSES and not (value.strip().startswith('#') or _PICTURE_WITHIN.fullmatch(value.strip())):
        scheme = ''.join(value.split()).lower()
        fault = LogoFault.ACTIVE if scheme.startswith(('javascript:', 'vbscript:', 'data:')) else LogoFault.REACHES_OUT
        raise LogoRefused(fault, where)
    if _reaches_out(value) and small not in _ADDRESSES:
        raise LogoRefused(LogoFault.REACHES_OUT, where)


def _reaches_out(style: str) -> bool:
    """A backslash hides letters in a stylesheet; no logo needs one."""
    return bool(_STYLE_REACHES_OUT.search(style)) or ('\\' in style and '(' in style)


def _refuse_what_takes_too_long(root: Element) -> None:
    """Ten uses of what holds ten uses of what holds ten: a small file that a browser draws for minutes."""
    by_id = {element.attrib['id']: element for element in root.iter() if 'id' in element.attrib}
    costs: dict[Element, int] = {}
    open_now: set[Element] = set()

    def cost(element: Element) -> int:
        if element in open_now:
            raise LogoRefused(LogoFault.TOO_MUCH)  # it holds itself
        if element not in costs:
            open_now.add(element)
            referred = (by_id[one] for one in _references(element) if one in by_id)
            costs[element] = 1 + sum(map(cost, element)) + sum(map(cost, referred))
            open_now.discard(element)
            if costs[element] > MOST_DRAWN or len(open_now) > 4 * DEEPEST:
                raise LogoRefused(LogoFault.TOO_MUCH)
        return costs[element]

    cost(root)


def _references(element: Element) -> Iterator[str]:
    for full_name, value in element.attrib.items():
        if full_name.rpartition('}')[2] == 'href' and value.strip().startswith('#'):
            yield value.strip()[1:]
        yield from _REFERENCE.findall(value)


def _name(element: Element) -> str:
    return str(element.tag).rpartition('}')[2]
