"""The QR code says what it is made of."""

import re

import qrcode

from ui.components.qr_code import QUIET, _outline

URI = 'otpauth://totp/Lindqvist%20%26%20Partner:clara%40weiss.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=L'
BAR = re.compile(r'M(\d+) (\d+)h(\d+)v1h-(\d+)z')


def test_the_drawing_is_the_code() -> None:
    """R22: every dark module is drawn, once, and no light one."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=0)
    code.add_data(URI)
    code.make(fit=True)
    drawing = _outline([[bool(dark) for dark in row] for row in code.modules])
    assert BAR.sub('', drawing) == ''
    drawn = [
        (int(x) - QUIET + step, int(y) - QUIET) for x, y, width, _ in BAR.findall(drawing) for step in range(int(width))
    ]
    dark = {(x, y) for y, row in enumerate(code.modules) for x, is_dark in enumerate(row) if is_dark}
    assert len(drawn) == len(set(drawn)) and set(drawn) == dark


def test_numbers_alone_get_into_it() -> None:
    """R55: whatever the name of the firm holds, the drawing is made of numbers."""
    assert _outline([[True, True, False, True], [False, False, False, False]]) == 'M2 2h2v1h-2zM5 2h1v1h-1z'
