"""`make pictures`: the pictures of the README, taken of the demo firm in a real browser."""

import asyncio
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from playwright.async_api import Page

from tests.support.browser import Browser, open_browser
from tests.support.processes import free_port

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / 'docs' / 'pictures'


async def take(base: str, password: str) -> None:
    """Every picture, one page after the other."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with open_browser() as browser:
        for dark in (False, True):
            staff = await _signed_in(browser, base, password, dark=dark)
            await _keep(staff, 'dashboard-dark' if dark else 'dashboard')
        await staff.context.close()
        staff = await _signed_in(browser, base, password)
        for name, path in (('contacts', 'contacts'), ('outbox', 'outbox'), ('report', 'access-report')):
            await staff.goto(f'{base}/staff/{path}')
            await _keep(staff, name)
        await staff.goto(f'{base}/staff/contacts?status=joined')
        await staff.get_by_role('row').nth(2).get_by_role('link').first.click()
        await staff.get_by_role('heading', name='Portal status').wait_for()
        await _keep(staff, 'contact')
        link = await _an_invitation(staff, base)
        phone = await browser.new_page(390, 720)
        await phone.goto(f'{base}/sign-in')
        await _keep(phone, 'sign-in-phone')
        await phone.goto(link)
        await _keep(phone, 'landing-phone')


async def _signed_in(browser: Browser, base: str, password: str, *, dark: bool = False) -> Page:
    page = await browser.new_page(1280, 900, dark=dark)
    await page.goto(f'{base}/staff/sign-in')
    await page.get_by_label('Email').fill('olga@northwind.example')
    await page.get_by_label('Password').fill(password)
    await page.get_by_role('button', name='Sign in').click()
    await page.get_by_role('heading', name='Client Portal').wait_for()
    return page


async def _an_invitation(staff: Page, base: str) -> str:
    await staff.goto(f'{base}/staff')
    await staff.get_by_role('button', name='Actions').click()
    await staff.get_by_role('menuitem', name='Invite to Client Portal').click()
    await staff.get_by_label('Contact or email').fill('clara@weiss-optik.example')
    await staff.get_by_label('Personal message').fill('Looking forward to the year-end with you.')
    await staff.get_by_role('button', name='Send Invite').click()
    return await staff.get_by_label('Invitation link').input_value()


async def _keep(page: Page, name: str) -> None:
    await page.wait_for_timeout(1_200)
    await page.mouse.move(0, 0)
    await page.screenshot(path=PICTURES / f'{name}.png', full_page=name.startswith('dashboard'))


def main() -> None:
    """Serve the demo, take the pictures, stop it."""
    port = free_port()
    environment = {**os.environ, 'FOYER_PORT': str(port), 'PYTHONUNBUFFERED': '1'}
    demo = subprocess.Popen(
        [sys.executable, 'main.py', 'demo', '--still'], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert demo.stdout
        said = ''
        while not (found := re.search(r'password\s+(\S+)', said)):
            said += demo.stdout.readline()
        time.sleep(3)
        asyncio.run(take(f'http://127.0.0.1:{port}', found.group(1)))
    finally:
        demo.terminate()
        demo.wait(20)


if __name__ == '__main__':
    main()
