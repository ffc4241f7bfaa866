"""`POST /password/strength`: what a password that is being typed is worth. Asked by `assets/strength.js` on every page
where one is chosen; nothing that is typed is kept or logged."""

from typing import Annotated

from fastapi import Form, Request
from nicegui import app
from starlette.responses import JSONResponse, Response

from domain.access.password_meter import MOST_RATED, Rating, rate_password
from domain.access.password_strength import GOOD_ENOUGH, Weakness
from domain.actors import ClientActor, StaffActor
from domain.errors import Busy, RateLimited
from domain.language import DEFAULT_LANGUAGE, language_in_use, ngettext
from domain.language import gettext as _
from ui.dependencies import deps
from ui.session_cookie import RESET, client_of, raw_session, staff_of, visitor

Field = Annotated[str, Form()]


def register() -> None:
    """Register the route."""
    app.post('/password/strength')(strength)


async def strength(
    request: Request, password: Annotated[str, Form()] = '', who: Annotated[str, Form()] = ''
) -> Response:
    """A score from 0 to 4, a sentence, and whether it may be chosen. `who` is client, staff or reset."""
    asks: ClientActor | StaffActor | None = None
    if who == 'client':
        asks = await client_of(request)
    elif who == 'staff':
        language_in_use.set(DEFAULT_LANGUAGE)
        asks = await staff_of(request)
    try:
        rating = await rate_password(
            deps(),
            visitor(request),
            password[:MOST_RATED],
            asks,
            reset_token=raw_session(request, RESET) if who == 'reset' else '',
            for_staff=who == 'staff',
        )
    except (Busy, RateLimited) as error:
        return JSONResponse({}, 429, headers={'Retry-After': str(error.retry_after)})
    good = rating.score >= GOOD_ENOUGH and not rating.missing
    shown = rating.score if good else min(rating.score, GOOD_ENOUGH - 1)
    return JSONResponse({'score': shown, 'good': good, 'words': in_words(rating)})


def in_words(rating: Rating) -> str:
    """What it lacks, or that it lacks nothing."""
    if rating.missing:
        return ngettext('%d more character.', '%d more characters.', rating.missing) % rating.missing
    if rating.weakness is not None:
        return {
            Weakness.OWN_WORDS: _('Easy to guess: it is made of names or addresses around you.'),
            Weakness.COMMON_WORDS: _(
                'Easy to guess: many people use these words. Add some that do not belong together.'
            ),
            Weakness.KEYBOARD: _('Easy to guess: keys that lie side by side. Use words instead.'),
            Weakness.REPEATS: _('Easy to guess: it repeats itself.'),
            Weakness.SEQUENCE: _('Easy to guess: letters or digits in a row.'),
            Weakness.DATE: _('Easy to guess: dates and years are tried first.'),
            Weakness.TOO_LITTLE: _('Easy to guess: add a word or two.'),
        }[rating.weakness]
    return _('Strong.') if rating.score > GOOD_ENOUGH else _('Good.')
