"""Mail as tests need it."""

import asyncio
import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from domain.access.one_time_tokens import hash_token
from domain.dependencies import Dependencies
from domain.mail import messages, outbox
from domain.mail.letterhead import Letterhead
from domain.mail.outbox import NewMail
from domain.unit_of_work import deed, unit_of_work
from storage.models import Contact, OneTimeToken, OutboxMail


def a_mail(deps: Dependencies, to: str = 'ann@example.org', **changes: Any) -> NewMail:
    """A login email; `changes` are fields of NewMail."""
    link = f'https://portal.example.com/sign-in/link/{deps.randomness.token()}'
    written = messages.login_email(
        letterhead=Letterhead('Northwind'),
        first_name='Ann',
        staff_name='Olga',
        link=link,
        link_lifetime=timedelta(minutes=15),
    )
    fields = {'kind': 'login_email', 'to_address': to, 'to_name': 'Ann Example', 'message': written, **changes}
    return NewMail(**fields)


@deed
async def queued(deps: Dependencies, *mails: NewMail) -> list[int]:
    """Put them in the outbox."""
    async with unit_of_work(deps) as work:
        return await outbox.enqueue_many(work, mails)


@deed
async def links_ended(deps: Dependencies, *token_ids: int) -> int:
    """What access does when it voids links."""
    async with unit_of_work(deps) as work:
        return await outbox.cancel_for_tokens(work, token_ids)


async def a_contact(deps: Dependencies, email: str = 'ann@example.org', **changes: Any) -> Contact:
    now = deps.clock.now()
    fields = {
        'kind': 'person',
        'name': 'Ann Example',
        'name_key': 'ann example',
        'search_text': 'ann example',
        'created_at': now,
        'updated_at': now,
        **changes,
    }
    return await Contact.create(email=email, **fields)


async def a_token(deps: Dependencies, **changes: Any) -> OneTimeToken:
    """A live link of fifteen minutes."""
    now = deps.clock.now()
    fields = {'purpose': 'sign_in', 'created_at': now, 'expires_at': now + timedelta(minutes=15), **changes}
    return await OneTimeToken.create(token_hash=hash_token(deps.randomness.token()), **fields)


async def until(holds: Callable[[], Any], seconds: float = 8) -> None:
    """Wait for something to become true; `holds` may be async."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        answer = holds()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        assert loop.time() < end, 'it did not become true'
        await asyncio.sleep(0.02)


async def until_state(mail_id: int, state: str, seconds: float = 8) -> OutboxMail:
    """The mail, once it is in this state."""

    async def reached() -> bool:
        return await OutboxMail.filter(id=mail_id, state=state).exists()

    await until(reached, seconds)
    return await OutboxMail.get(id=mail_id)


async def until_tried(mail_id: int, seconds: float = 8) -> OutboxMail:
    """The mail, once it waits for its next try with an answer of the server."""

    async def reached() -> bool:
        return await OutboxMail.filter(id=mail_id, state='queued').exclude(last_answer='').exists()

    await until(reached, seconds)
    return await OutboxMail.get(id=mail_id)
