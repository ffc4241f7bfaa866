"""Login emails: to many at once, a button and no code."""

import asyncio
import re

from playwright.async_api import expect

from tests.journeys.walking import FIRM, OWNER, Firm, come_in

PEOPLE = {
    'Anna Arendt': 'anna@arendt.example',
    'Bert Boll': 'bert@boll.example',
    'Clara Weiss': 'clara@weiss.example',
    'Dora Duval': 'dora@duval.example',
}
BUTTON = re.compile(r'<a [^>]*href="([^"]+/sign-in/link/[^"]+)"')


async def test_a_login_email_to_five_of_whom_one_has_no_address(firm: Firm) -> None:
    """Login email to five contacts, one without address: four mails, one name with the reason; the button signs in."""
    desk = await firm.owner('/staff/contacts')
    for name, address in PEOPLE.items():
        await desk.new_contact(name, address, access=True)
    without = await desk.new_contact('Emil Ohnesorg', access=True)

    await desk.go('/staff')
    await desk.choose('Send Login Email')
    for name in (*PEOPLE, 'Emil Ohnesorg'):
        await desk.pick('Contacts', name)
        await expect(desk.dialog.get_by_role('button', name=f'Remove {name}')).to_be_visible()
    await desk.dialog.get_by_role('button', name='Send', exact=True).click()
    told = desk.dialog.get_by_role('status')
    await expect(told.filter(has_text='On its way')).to_contain_text(
        'Anna Arendt, Bert Boll, Clara Weiss and Dora Duval'
    )
    await expect(told.filter(has_text='One contact gets none:')).to_be_visible()
    refused = desk.dialog.get_by_role('listitem').filter(has_text='Emil Ohnesorg')
    await expect(refused).to_contain_text('No email address')
    remedy = refused.get_by_role('link', name='Add one: Emil Ohnesorg')
    assert await remedy.get_attribute('href') == f'/staff/contacts/{without}'
    await desk.close()

    mails = await firm.sink.wait_for(4)
    assert sorted(mail.to for mail in mails) == sorted(PEOPLE.values())
    for mail in mails:
        assert FIRM in mail.subject
        assert OWNER in mail.text
        bare = re.sub(r'https?://\S+', '', mail.text)
        assert not re.search(r'\d{3}[ -]?\d{3}', bare), 'a code belongs to the browser that asked'

    dora = next(mail for mail in mails if mail.to == PEOPLE['Dora Duval'])
    (button,) = set(BUTTON.findall(dora.html))
    assert button == dora.link
    client = await firm.client()
    await come_in(client, button)
    await expect(client.get_by_role('heading', name='Welcome, Dora')).to_be_visible()
    await desk.counts_are(with_access=5, joined=1, online=1)
    await expect(desk.line('Activity', 'Dora Duval signed in with a login email')).to_be_visible()
    assert len(firm.sink.messages) == 4

    others = [mail.link for mail in mails if mail is not dora]
    async with firm.http() as http:
        await asyncio.gather(*(http.post('/sign-in/link', data={'token': link.rpartition('/')[2]}) for link in others))
    await desk.counts_are(joined=4)
    await expect(client.get_by_role('heading', name='Welcome, Dora')).to_have_count(1)
    await expect(client.get_by_role('button', name='Profile', exact=True)).to_have_count(1)
