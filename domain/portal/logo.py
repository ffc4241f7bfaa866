"""Looking at a file that is to be the logo: by what it is, never by its name, and written anew before it is kept.

Nothing that a picture carries along (where it was taken, by whom, with what) survives that, and nothing that only
pretends to be one does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from threading import Lock

from PIL import Image, ImageOps

from domain.brand_errors import LogoFault, LogoRefused
from domain.language import gettext as _
from domain.portal.drawn_logo import MOST_PIXELS, looks_drawn, made_safe

MOST_BYTES = 2 * 2**20
LEAST_SIDE = 16  # pixels
LARGEST = (1_024, 512)  # pixels that are kept: a logo is shown at a fraction of it
IN_MAIL = (400, 112)  # pixels, twice what mail shows it at
ICON = 96  # pixels of a side
SVG = 'image/svg+xml'

_FORMATS = {b'\x89PNG\r\n\x1a\n': 'PNG', b'\xff\xd8\xff': 'JPEG'}
_OTHERS = {
    b'GIF8': 'GIF', b'BM': 'BMP', b'II*\x00': 'TIFF', b'MM\x00*': 'TIFF', b'\x00\x00\x01\x00': 'ICO', b'%PDF': 'PDF',
    b'8BPS': 'Photoshop', b'%!PS': 'PostScript', b'\x1f\x8b': 'gzip',
}  # fmt: skip
_one_at_a_time = Lock()  # so that unpacking never takes more memory than one picture needs


@dataclass(frozen=True)
class LogoFiles:
    """A logo as it is kept and shown. Without `icon` and `for_mail` it is drawn (SVG): mail waits for a picture of it.

    `mail_size` is the width and height of `for_mail` in CSS pixels.
    """

    media_type: str
    content: bytes
    icon: bytes | None = None
    for_mail: bytes | None = None
    mail_size: tuple[int, int] = (0, 0)

    @property
    def digest(self) -> str:
        """What it is kept under, and what its address holds: another logo has another address."""
        return sha256(b'%s\n%s' % (self.media_type.encode(), self.content)).hexdigest()


def read_logo(data: bytes) -> LogoFiles:
    """The logo in this file. Takes up to a second: call it in a thread. Raises LogoRefused."""
    if not data:
        raise LogoRefused(LogoFault.EMPTY)
    if len(data) > MOST_BYTES:
        raise LogoRefused(LogoFault.TOO_BIG, f'{MOST_BYTES // 2**20} MB')
    kind = _format_of(data)
    if kind is None:
        return LogoFiles(SVG, made_safe(data))
    with _one_at_a_time, _whatever_breaks():
        return _painted(data, kind)


def read_picture_of_drawing(data: bytes) -> LogoFiles:
    """What a browser has made of a drawing. Takes as long as `read_logo`. Raises LogoRefused, for a blank one too."""
    picture = read_logo(data)
    if picture.for_mail is None:
        raise LogoRefused(LogoFault.NO_PICTURE)
    with Image.open(BytesIO(picture.for_mail), formats=('PNG',)) as shown:
        if 'A' in shown.getbands() and shown.getchannel('A').getextrema() == (0, 0):
            raise LogoRefused(LogoFault.BROKEN)
    return picture


def _format_of(data: bytes) -> str | None:
    """The format its first bytes tell; None for a drawing."""
    for start, kind in _FORMATS.items():
        if data.startswith(start):
            return kind
    if data[:4] == b'RIFF' and data[8:12] == b'WEBP':
        return 'WEBP'
    for start, name in _OTHERS.items():
        if data.startswith(start):
            raise LogoRefused(LogoFault.OTHER_FORMAT, name)
    if data[4:8] == b'ftyp':
        raise LogoRefused(LogoFault.OTHER_FORMAT, 'HEIC or AVIF')
    if looks_drawn(data):
        return None
    raise LogoRefused(LogoFault.NO_PICTURE)


def _painted(data: bytes, kind: str) -> LogoFiles:
    with Image.open(BytesIO(data), formats=(kind,)) as opened:  # reads its measures; nothing is unpacked yet
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise LogoRefused(LogoFault.TOO_MANY_PIXELS, f'{width:,} × {height:,}')
        if min(width, height) < LEAST_SIDE:
            raise LogoRefused(LogoFault.TOO_SMALL, f'{width:,} × {height:,}')
        if getattr(opened, 'n_frames', 1) > 1:
            raise LogoRefused(LogoFault.MOVES)
        opened.load()
        upright = ImageOps.exif_transpose(opened)
    picture = _in_plain_colours(upright)
    picture.thumbnail(LARGEST, Image.Resampling.LANCZOS)
    mail = picture.copy()
    mail.thumbnail(IN_MAIL, Image.Resampling.LANCZOS)
    icon = ImageOps.pad(picture.convert('RGBA'), (ICON, ICON), Image.Resampling.LANCZOS, color=(0, 0, 0, 0))
    return LogoFiles(
        'image/jpeg' if kind == 'JPEG' else 'image/png',
        _written(picture, 'JPEG' if kind == 'JPEG' else 'PNG'),
        _written(icon, 'PNG'),
        _written(mail, 'PNG'),
        (max(1, mail.width // 2), max(1, mail.height // 2)),
    )


def _in_plain_colours(picture: Image.Image) -> Image.Image:
    """As RGB, or RGBA where it can be seen through; a copy that carries nothing along."""
    if picture.mode.startswith('I;16'):  # deep grey, which would come out white
        picture = picture.point(lambda value: value / 256).convert('L')
    sees_through = 'A' in picture.getbands() or 'transparency' in picture.info
    plain = picture.convert('RGBA' if sees_through else 'RGB')
    made = Image.new(plain.mode, plain.size)
    made.paste(plain)
    return made


def _written(picture: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    picture.save(out, kind, optimize=True, **({'quality': 90} if kind == 'JPEG' else {}))
    return out.getvalue()


@contextmanager
def _whatever_breaks() -> Iterator[None]:
    """A decoder that meets rubbish may raise anything at all; to whoever handed it in it is one thing."""
    try:
        yield
    except LogoRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise LogoRefused(LogoFault.TOO_MANY_PIXELS, _('far too many')) from error
    except Exception as error:
        raise LogoRefused(LogoFault.BROKEN) from error
