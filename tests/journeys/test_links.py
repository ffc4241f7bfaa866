"""Links in mails: looked at by machines, clicked by people, once."""

from playwright.async_api import expect

from tests.journeys.walking import Firm, come_in, heading, is_dead, is_inside

CLARA = 'clara@weiss.example'
SCANNING = 2_000  # ms that a scanner's browser gives a page to run its scripts


async def test_a_scanner_uses_nothing_up(firm: Firm) -> None:
    """A link scanned by HEAD, GET and a headless browser before the person clicks: it still works, once (R10)."""
    desk = await firm.owner()
    await desk.invite(CLARA)
    link = (await firm.sink.wait_for(CLARA)).link
    async with firm.http() as machine:
        for method in ('HEAD', 'GET', 'GET', 'HEAD'):
            answer = await machine.request(method, link)
            assert answer.status_code == 200
            assert 'set-cookie' not in answer.headers
    robot = await firm.browser.new_page()
    await robot.goto(link)
    await robot.wait_for_timeout(SCANNING)
    assert robot.url == link, 'it went on by itself'
    await desk.counts_are(with_access=1, invited=1, joined=0, online=0)

    person = await firm.client(java_script_enabled=False)  # the page is plain HTML: a click is all it takes
    await person.goto(link)
    await person.get_by_role('button', name='Continue', exact=True).click()
    await expect(person).to_have_url(f'{firm.url}/')
    await desk.counts_are(invited=0, joined=1)
    assert await firm.status_of(link) == 410


async def test_the_second_click_gets_a_new_mail_offered(firm: Firm) -> None:
    """The same link clicked twice and from another browser: the page says so and mails a new one to the address on
    file, which it neither tells nor asks for."""
    desk = await firm.owner()
    await desk.invite(CLARA)
    link = (await firm.sink.wait_for(CLARA)).link
    doubled = await firm.client()
    await doubled.goto(link)
    await come_in(await doubled.context.new_page(), link)
    await doubled.bring_to_front()

    async with doubled.expect_response(f'{firm.url}/sign-in/link') as answer:
        await doubled.get_by_role('button', name='Continue', exact=True).click()
    assert (await answer.value).status == 410
    await expect(doubled.get_by_text('You are signed in in this browser already.')).to_be_visible()
    await doubled.get_by_role('link', name='Go to the portal').click()
    await is_inside(doubled)

    elsewhere = await firm.client()
    await is_dead(elsewhere, link, 'A link works once')
    assert 'weiss' not in await elsewhere.content()
    firm.sink.clear()
    await elsewhere.get_by_role('button', name='Email me a new link', exact=True).click()
    await expect(heading(elsewhere, 'Check your email')).to_be_visible()
    assert 'weiss' not in await elsewhere.content()
    again = await firm.sink.wait_for(CLARA)
    await come_in(elsewhere, again.link)
    await desk.counts_are(joined=1, online=1)
    await is_dead(await firm.client(), again.link)
