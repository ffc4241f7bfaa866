"""Staff move a contact that came in to another address: who sits there is asked first, and nothing typed is lost."""

from playwright.async_api import expect

from tests.journeys.test_login_details import confirm_oneself
from tests.journeys.walking import Firm, come_in, sign_in_was_long_ago

OLD, NEW = 'ines@holm.example', 'ines@neu.example'


async def test_moving_a_contact_that_came_in(firm: Firm) -> None:
    """R38: put away, the question does nothing and the dialog stands as typed; answered, the old address is told."""
    desk = await firm.owner('/staff/contacts')
    contact_id = await desk.new_contact('Ines Holm', OLD, access=True)
    tab = await firm.client()
    await come_in(tab, await desk.magic_link('Ines Holm'))
    await desk.open_contact(contact_id)
    sign_in_was_long_ago(firm)
    await desk.button('More actions').click()
    await desk.page.get_by_role('menuitem', name='Edit', exact=True).click()
    await desk.field('Name').fill('Ines Holm-Berg')
    await desk.field('Email').fill(NEW)
    await desk.button('Save').click()
    asked = desk.page.get_by_role('dialog').filter(has_text='Please confirm that it is you')
    save = desk.page.locator('button', has_text='Save')
    await expect(save).to_have_attribute('aria-busy', 'true')
    await asked.get_by_role('button', name='Cancel', exact=True).click()
    await expect(asked).to_have_count(0)
    await expect(save).not_to_have_attribute('aria-busy', 'true')
    await expect(desk.field('Email')).to_have_value(NEW)
    await expect(desk.field('Name')).to_have_value('Ines Holm-Berg')
    await desk.button('Save').click()
    await confirm_oneself(desk)
    await expect(desk.dialog).to_have_count(0)
    mail = await firm.sink.wait_for(lambda mail: 'no longer opens' in mail.subject)
    assert mail.to == OLD
    assert NEW not in mail.text
