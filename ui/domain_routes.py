"""What machines ask about the firm's own domain: a proxy that wants a certificate, and Foyer itself from outside."""

from nicegui import app
from starlette.responses import PlainTextResponse, Response

from domain.portal.custom_domain import own_word
from domain.portal.domain_probe import WORD_PATH
from ui.dependencies import deps


def register() -> None:
    """Register the routes."""
    app.get('/tls/ask')(may_have_certificate)
    app.get(WORD_PATH)(who_is_there)


async def may_have_certificate(domain: str = '') -> Response:
    """200 for the firm's own domain once its record leads here, else 404: so nobody has certificates made for names
    that they merely point at us."""
    known = deps().whereabouts
    is_ours = known.leads_here and domain.lower().removesuffix('.') == known.host
    return PlainTextResponse('yes' if is_ours else 'no', 200 if is_ours else 404)


async def who_is_there() -> Response:
    """The word by which Foyer knows itself when it looks at its domain from outside. It opens nothing."""
    word = await own_word()
    return PlainTextResponse(word, 200 if word else 404)
