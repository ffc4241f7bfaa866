"""A client's password, from the first to the forgotten one, as it walks."""

import asyncio
import re
import time

from playwright.async_api import Page, expect

from tests.journeys.walking import (
    Desk,
    Firm,
    at_work,
    come_in,
    error_at,
    heading,
    is_inside,
    press,
    turn_on,
    type_code,
)
from tests.support.browser import axe, no_overflow, shot

CLARA = 'clara@weiss.example'
FIRST, SECOND = 'mond kaffee leiter', 'sieben rote wolken'
RESET = re.compile(r'https?://\S+/reset-password/[\w-]+')


async def reset_link(firm: Firm) -> str:
    """The link of the newest reset mail to Clara."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = [link for caught in firm.sink.to(CLARA) for link in RESET.findall(caught.text)]
        if found:
            return str(found[-1])
        await asyncio.sleep(0.05)
    raise AssertionError(firm.served.log_text)


async def use_password(page: Page, firm: Firm, password: str) -> None:
    """At the door, by keyboard alone from the address on."""
    await page.goto(f'{firm.url}/sign-in')
    await at_work(page)
    await page.get_by_label('Email', exact=True).fill(CLARA)
    await page.get_by_role('button', name='Use a password', exact=True).press('Enter')
    await expect(page.get_by_label('Password', exact=True)).to_be_focused()
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')


async def new_password(page: Page, password: str, worth: str) -> None:
    """Type it, and read what the meter says of it."""
    await page.get_by_label('New password', exact=True).fill(password)
    await expect(page.get_by_role('status').filter(has_text=worth)).to_be_visible()


async def save(page: Page) -> None:
    await page.get_by_role('button', name='Save', exact=True).click()


async def inside(firm: Firm, desk: Desk) -> Page:
    """Clara, who came in by a link just now."""
    await desk.new_contact('Clara Weiss', CLARA, access=True)
    page = await firm.client()
    await come_in(page, await desk.magic_link('Clara Weiss'))
    return page


async def test_a_password_set_forgotten_and_chosen_anew(firm: Firm) -> None:
    """R16, R19, R20: set in the profile, used at the door, forgotten, reset by mail, used again."""
    desk = await firm.owner('/staff/contacts')
    page = await inside(firm, desk)
    await page.get_by_role('button', name='Profile', exact=True).click()
    await page.get_by_role('menuitem', name='Update password').click()
    await expect(heading(page, 'Update password')).to_be_visible()
    await at_work(page)
    await new_password(page, 'clara', '7 more characters.')
    await new_password(page, 'Clara Weiss 1980', 'it is made of names or addresses around you')
    await no_overflow(page)
    assert await axe(page) == []
    await save(page)
    field = page.get_by_label('New password', exact=True)
    await error_at(field, 'easy to guess')
    await new_password(page, FIRST, 'Strong.')
    await page.get_by_role('button', name='Show', exact=True).click()
    await expect(field).to_have_attribute('type', 'text')
    await shot(page, 'update-password')
    await save(page)
    await expect(page.get_by_text('Your password is set.')).to_be_visible()

    await page.goto(f'{firm.url}/')
    await page.get_by_role('button', name='Profile', exact=True).click()
    await page.get_by_role('menuitem', name='Sign out').click()
    await expect(page.get_by_text('You are signed out.')).to_be_visible()
    await use_password(page, firm, 'not the right one')
    await error_at(page.get_by_label('Password', exact=True), 'do not fit together')
    await expect(page.get_by_label('Email', exact=True)).to_have_value(CLARA)
    await shot(page, 'sign-in-password')
    await page.get_by_label('Password', exact=True).fill(FIRST)
    await page.get_by_role('button', name='Sign in', exact=True).click()
    await is_inside(page)
    await _forgets_it(firm, page)


async def _forgets_it(firm: Firm, signed_in: Page) -> None:
    """In another browser; the one that is signed in is shown out within a second."""
    page = await firm.client()
    await page.goto(f'{firm.url}/sign-in')
    await at_work(page)
    await page.get_by_role('button', name='Use a password', exact=True).click()
    await page.get_by_role('link', name='Forgot password?').click()
    await page.get_by_label('Email', exact=True).fill(CLARA)
    await page.get_by_role('button', name='Email me a link', exact=True).click()
    await expect(heading(page, 'Check your email')).to_be_visible()
    link = await reset_link(firm)
    await page.goto(link)
    await expect(page).to_have_url(f'{firm.url}/reset-password')
    await expect(heading(page, 'Choose a new password')).to_be_visible()
    await new_password(page, 'Weiss Clara 2026', 'it is made of names or addresses around you')
    await save(page)
    await error_at(page.get_by_label('New password', exact=True), 'easy to guess')
    await new_password(page, SECOND, 'Strong.')
    assert await axe(page) == []
    await no_overflow(page)
    await shot(page, 'reset-password')
    await save(page)
    await expect(page.get_by_text('Your password is set. Sign in with it.')).to_be_visible()
    await expect(signed_in).to_have_url(re.compile('/sign-in'), timeout=2_500)
    await page.get_by_label('Email', exact=True).fill(CLARA)
    await page.get_by_label('Password', exact=True).fill(SECOND)
    await page.keyboard.press('Enter')
    await is_inside(page)
    await page.goto(link)
    await expect(page.get_by_text('expired or already used')).to_be_visible()
    await use_password(signed_in, firm, FIRST)
    await error_at(signed_in.get_by_label('Password', exact=True), 'do not fit together')


async def test_a_reset_with_a_second_factor_on(firm: Firm) -> None:
    """R20, R29: the mail's link chooses a password and signs nobody in; with the new one the code is asked for, and
    nothing opens before it."""
    desk = await firm.owner('/staff/contacts')
    page = await inside(firm, desk)
    await page.goto(f'{firm.url}/profile/password')
    await at_work(page)
    await new_password(page, FIRST, 'Strong.')
    await save(page)
    await page.goto(f'{firm.url}/profile/two-factor')
    app, _ = await turn_on(page)
    await press(page, 'I have saved them')
    await press(page, 'Profile')
    await page.get_by_role('menuitem', name='Sign out').click()
    await expect(page.get_by_text('You are signed out.')).to_be_visible()

    await page.goto(f'{firm.url}/forgot-password')
    await page.get_by_label('Email', exact=True).fill(CLARA)
    await press(page, 'Email me a link')
    await expect(heading(page, 'Check your email')).to_be_visible()
    await page.goto(await reset_link(firm))
    await new_password(page, SECOND, 'Strong.')
    await save(page)
    await expect(page.get_by_text('Your password is set. Sign in with it.')).to_be_visible()
    await page.get_by_label('Email', exact=True).fill(CLARA)
    await page.get_by_label('Password', exact=True).fill(SECOND)
    await press(page, 'Sign in')
    await expect(page.get_by_label('Authentication code', exact=True)).to_be_focused()
    for path in ('/', '/profile', '/profile/password', '/profile/two-factor'):
        answer = await page.request.get(f'{firm.url}{path}', max_redirects=0)
        assert (answer.status, answer.headers['location']) == (303, '/sign-in'), path
    await at_work(page)
    await type_code(page, app.code(), 'Verify')
    await is_inside(page)
