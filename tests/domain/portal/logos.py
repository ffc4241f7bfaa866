"""Files that somebody might hand in as a logo, made here: good ones, and ones made with other plans."""

import struct
import zlib
from io import BytesIO

from PIL import Image, PngImagePlugin

SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
DRAWN = f'<svg {SVG} viewBox="0 0 40 20"><path id="a" d="M0 0h40v20H0z" fill="#2b55d9"/></svg>'.encode()
ADOBE = (
    '<?xml version="1.0" encoding="utf-8"?><!-- Generator: Adobe Illustrator -->'
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    f'<svg version="1.1" id="Layer_1" {SVG} viewBox="0 0 40 20" style="enable-background:new 0 0 40 20;">'
    '<style type="text/css">.st0{fill:url(#b);}</style><defs><linearGradient id="b"><stop offset="0"/></linearGradient>'
    '<path id="c" d="M0 0h9v9z"/></defs><g><use xlink:href="#c"/><path class="st0" d="M0 0h40v20H0z"/></g></svg>'
).encode()


def painted(kind: str = 'PNG', size: tuple[int, int] = (120, 60), mode: str = 'RGB', **how: object) -> bytes:
    """A picture of one colour."""
    out = BytesIO()
    Image.new(mode, size, *([(200, 30, 40)] if mode == 'RGB' else [])).save(out, kind, **how)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it has these measures; what it holds is a few bytes, as in a decompression bomb."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

    head = struct.pack('>IIBBBBB', width, height, 8, 6, 0, 0, 0)
    return (
        b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(b'\0' * 999)) + chunk(b'IEND', b'')
    )


def moving(kind: str) -> bytes:
    """Two frames."""
    frames = [Image.new('RGB', (64, 64), colour) for colour in ('red', 'blue')]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=90)
    return out.getvalue()


def with_a_past() -> bytes:
    """A JPEG taken sideways, with a place, an author and a comment in it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, 'Olga of the Attic'  # orientation, artist
    exif[0x8825] = {1: 'N', 2: (52.0, 31.0, 0.0)}  # where
    picture = Image.new('RGB', (80, 40), (10, 120, 60))
    out = BytesIO()
    picture.save(out, 'JPEG', exif=exif, comment=b'secret comment')
    return out.getvalue()


def with_words() -> bytes:
    """A PNG with text in it."""
    words = PngImagePlugin.PngInfo()
    words.add_text('Comment', '<script>alert(1)</script>')
    return painted(pnginfo=words)


def holding(inside: str, attributes: str = '') -> bytes:
    """A drawing with this in it."""
    return f'<svg {SVG} viewBox="0 0 9 9" {attributes}>{inside}<path d="M0 0h9v9z"/></svg>'.encode()


def uses_of_uses(levels: int = 8) -> bytes:
    """A few hundred bytes that a browser draws for minutes."""
    innermost = '<path d="M0 0h1"/>'
    groups = ''.join(
        f'<g id="g{level}">' + (f'<use xlink:href="#g{level - 1}"/>' * 10 if level else innermost) + '</g>'
        for level in range(levels)
    )
    return holding(f'<defs>{groups}</defs><use xlink:href="#g{levels - 1}"/>')


ACTIVE = {
    'script': holding('<script>alert(1)</script>'),
    'script of another namespace': holding('<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>'),
    'handler': holding('<path d="M0 0" onclick="alert(1)"/>'),
    'load': holding('', 'onload="alert(1)"'),
    'other case': holding('', 'ONLOAD="alert(1)"'),
    'link with a script': holding('<a xlink:href="javascript:alert(1)"><path d="M0 0"/></a>'),
    'link with a hidden script': holding('<a href="&#x6a;ava&#10;script:alert(1)"><path d="M0 0"/></a>'),
    'data': holding('<use href="data:image/svg+xml;base64,PHN2Zy8+#a"/>'),
    'foreign': holding('<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>'),
    'animation': holding('<a><animate attributeName="href" values="javascript:alert(1)"/></a>'),
    'set': holding('<set attributeName="onload" to="alert(1)"/>'),
    'entities': b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + holding('<text>&b;</text>'),
}
REACHES_OUT = {
    'image': holding('<image href="https://tracker.example/x.png"/>'),
    'protocol relative': holding('<image xlink:href="//tracker.example/x.png"/>'),
    'path': holding('<use href="/staff/sign-out#a"/>'),
    'style': holding('<style>@import "https://tracker.example/x.css";</style>'),
    'font': holding('<style>@font-face{src:url(https://tracker.example/f.woff2)}</style>'),
    'escaped': holding('<style>a{background:u\\72l(https://tracker.example/)}</style>'),
    'attribute': holding('<path d="M0 0" fill="url(https://tracker.example/#a)"/>'),
    'style attribute': holding('<path d="M0 0" style="fill:url(//tracker.example/)"/>'),
    'stylesheet': b'<?xml-stylesheet href="https://tracker.example/x.css"?>' + holding(''),
    'base': holding('', 'xml:base="https://tracker.example/"'),
}
NO_PICTURE = {
    'a program': b'MZ\x90\x00\x03\x00\x00\x00' + b'\0' * 400,
    'a page': b'<!doctype html><html><script>alert(1)</script></html>',
    'text': b'logo',
    'another program': b'\x7fELF' + b'\0' * 400,
    'an archive': b'PK\x03\x04' + b'\0' * 400,
    'RIFF of sound': b'RIFF\0\0\0\0WAVE' + b'\0' * 400,
}
