"""Asking for a way in by mail, and the six digits that come with the link.

The code belongs to the browser that asked: its hash is salted with that browser's cookie, so that nobody who only has
the mail, or only the database, can use it (R4). Everything here looks the same for every address (R41).
"""

import hmac
from datetime import timedelta

from domain.access import sign_in
from domain.access.belonging import contact_to_address
from domain.access.logins import open_login
from domain.access.one_time_tokens import AskedBy, Purpose, hash_code, hash_token, issue
from domain.access.rate_limits import Limits, check_limit, network_of
from domain.access.sign_in import SecondStepRequired, SignedIn, SignInMethod
from domain.access.unknown_addresses import note_unknown_address
from domain.actors import Visitor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.dependencies import Dependencies
from domain.errors import AddressInvalid, CodeWrong, RateLimited
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.texts import greeting_name
from domain.unit_of_work import deed, unit_of_work
from storage import claims
from storage.models import PortalSettings

CODE_LIFETIME = timedelta(minutes=10)
CODE_TRIES = 5


@deed
async def ask_for_sign_in(deps: Dependencies, visitor: Visitor, email: str, *, leads_to_id: int | None = None) -> None:
    """Mail a link and a code to this address if it may enter; else do nothing, and tell nobody which it was.

    One mail a minute and ten a day per address (R47); what is over that is silently left out. `visitor.browser` is the
    browser whose code it will be. Callers do not wait for this, so that the time it takes tells nothing either (R42).
    """
    try:
        address = normalise_address(email)
        login = await open_login(address)
        if login is None:
            await note_unknown_address(deps, visitor, address)
            return
        await check_limit(deps, Limits.SIGN_IN_MAIL_PER_MINUTE, login.email)
        await check_limit(deps, Limits.SIGN_IN_MAIL_PER_DAY, login.email)
    except (AddressInvalid, RateLimited):
        return
    contact = await contact_to_address(login)
    async with unit_of_work(deps) as work:
        await claims.lock_login(login.id)
        settings = await PortalSettings.get(id=1)
        lifetime = timedelta(minutes=settings.sign_in_link_minutes)
        code = deps.randomness.code()
        issued = await issue(
            work,
            Purpose.SIGN_IN,
            lifetime,
            login_id=login.id,
            email=login.email,
            asked_by=AskedBy(visitor.browser, code, CODE_LIFETIME) if visitor.browser else None,
            leads_to_id=leads_to_id,
        )
        name = contact.name if contact else ''
        await outbox.enqueue(
            work,
            outbox.NewMail(
                kind='sign_in',
                to_address=login.email,
                to_name=name,
                message=messages.sign_in(
                    letterhead=await read_letterhead(),
                    reader=messages.Reader.of(contact) if contact else messages.NOBODY,
                    first_name=greeting_name(name, contact.kind if contact else 'person'),
                    link=f'{deps.portal_url}/sign-in/link/{issued.token}',
                    code=code if visitor.browser else '',
                    link_lifetime=lifetime,
                    code_lifetime=CODE_LIFETIME,
                    language=contact.language if contact else None,
                ),
                login_id=login.id,
                token_id=issued.id,
            ),
        )
        await record(work, AuditKind.LOGIN_EMAIL_ASKED, visitor, login_id=login.id, actor_name=name)


@deed
async def redeem_code(deps: Dependencies, visitor: Visitor, code: str) -> SignedIn | SecondStepRequired:
    """Sign in with the code, in the browser that asked for it, in time and within five tries (R4).

    Raises CodeWrong whatever is wrong with it, RateLimited, LinkExpired when access was revoked meanwhile.
    """
    await check_limit(deps, Limits.CODE_PER_IP, network_of(visitor.ip))
    digits = ''.join(letter for letter in code if letter.isdigit())
    if not visitor.browser or len(digits) != 6:
        raise CodeWrong()
    candidates = await claims.count_code_try(hash_token(visitor.browser), CODE_TRIES, deps.clock.now())
    wanted = hash_code(visitor.browser, digits)
    fitting = [
        (token_id, login_id) for token_id, login_id, code_hash in candidates if hmac.compare_digest(code_hash, wanted)
    ]
    if not fitting:
        raise CodeWrong()
    async with unit_of_work(deps) as work:
        token_id, login_id = fitting[0]
        await claims.lock_login(login_id)
        claimed = await claims.claim_token_by_id(token_id, work.now)
        if claimed is None:
            raise CodeWrong()
        return await sign_in.complete(
            work,
            claimed.login_id,
            visitor,
            method=SignInMethod.CODE,
            contact_id=claimed.contact_id,
            token_id=claimed.id,
            leads_to_id=claimed.leads_to_id,
        )
