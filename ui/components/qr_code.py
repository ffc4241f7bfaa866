"""A QR code as an SVG of its own elements, made from numbers alone; black on white in light and dark alike."""

import qrcode
from nicegui import ui as nui

QUIET = 2  # modules around it in the drawing; the white padding of `.fy-qr` adds the other two of the standard


def qr_code(text: str, label: str) -> nui.element:
    """A QR code of `text`, named `label` for who cannot see it."""
    # The lowest level of correction: a screen has no scratches, and larger modules are easier to read from afar.
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=0)
    code.add_data(text)
    code.make(fit=True)
    size = len(code.modules) + 2 * QUIET
    frame = nui.element('div').classes('fy-qr')
    frame.props['role'] = 'img'
    frame.props['aria-label'] = label
    with frame, nui.element('svg') as drawing:
        drawing.props['viewBox'] = f'0 0 {size} {size}'
        drawing.props['shape-rendering'] = 'crispEdges'
        drawing.props['aria-hidden'] = 'true'
        path = nui.element('path')
        path.props['d'] = _outline([[bool(dark) for dark in row] for row in code.modules])
        path.props['fill'] = '#000'
    return frame


def _outline(modules: list[list[bool]]) -> str:
    """A bar for every run of dark modules in a row."""
    bars = []
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            width = next((step for step, dark in enumerate(row[x:]) if not dark), len(row) - x)
            if width:
                bars.append(f'M{x + QUIET} {y + QUIET}h{width}v1h-{width}z')
            x += width or 1
    return ''.join(bars)
