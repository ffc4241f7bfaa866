"""`/staff/settings/branding`: how the firm looks to its clients, with the portal, the door and a mail beside it."""

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.authorization import Permission
from domain.brand_errors import LogoFault, LogoRefused
from domain.errors import DomainError
from domain.events import Event, SettingsChanged
from domain.portal.branding import Brand, InMail, change_brand, faults_of, in_mail, presentable, read_brand
from domain.portal.logo import MOST_BYTES
from ui import live
from ui.brand import logo_address
from ui.components.basics import TextField, button, card, notice, plain_text, text_field, toast
from ui.components.file_drop import FileDrop
from ui.components.logo_picture import LogoPicture
from ui.components.part import Part
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.messages import say
from ui.staff import brand_doors
from ui.staff.brand_accent import AccentField
from ui.staff.brand_previews import BrandPreviews
from ui.theme import asset

PATH = '/staff/settings/branding'
STYLES = f'<link rel="stylesheet" href="{asset("import.css")}"><link rel="stylesheet" href="{asset("brand.css")}">'
DRAWN = 'Mail programs show no SVG, so this browser made a picture of it for them.'
NOT_DRAWN = (
    'Mail programs show no SVG, and this browser could not make a picture of it. Mail shows the name of the firm '
    'alone; a PNG would stand in mail too.'
)
LONGEST_TYPED = 6_000  # more than fits may be typed, so that the error can be read and nothing is cut off


def register() -> None:
    """Register the page and its door."""
    brand_doors.register()
    staff_page(PATH, title='Brand', permission=Permission.CHANGE_SETTINGS, waits=True)(branding_page)


async def branding_page(actor: StaffActor) -> None:
    """The brand, as it is."""
    brand = await read_brand()
    nui.add_head_html(STYLES)
    with staff_frame(actor, brand.firm_name, here=PATH):
        with html.div().classes('fy-head'), html.div():
            html.h1('Brand')
            html.p('How the firm looks to its clients: on the portal, at its door and in every mail.').classes(
                'fy-muted'
            )
        with html.div().classes('fy-branding'):
            form = BrandForm(actor, brand)
            form.previews = BrandPreviews()
        await form.show_logo()
        await form.preview()


class BrandForm:
    previews: BrandPreviews

    def __init__(self, actor: StaffActor, brand: Brand) -> None:
        """Build it in the page."""
        self._actor, self._saved, self._logo = actor, brand, brand.logo
        self._was_tried = False  # to make a picture of the logo
        self._has_to_be_drawn, self._times_chosen = False, 0
        self._refresher = Refresher(self.preview)
        self._fields: dict[str, TextField | AccentField] = {}
        with html.form().classes('fy-stack').style('gap: inherit') as form:
            form.on('submit', js_handler='(event) => event.preventDefault()')
            with card('The firm'):
                self._text('firm_name', 'Firm name', 'In titles, in mail, and in authenticator apps.', 'organization')
                self._build_logo()
                self._fields['accent'] = AccentField(brand.accent, self._edited)
            with card('Where clients reach you'):
                self._text(
                    'address', 'Postal address', 'At the foot of pages and mail; up to six lines.', 'street-address',
                    area=True,
                )  # fmt: skip
                self._text('support_email', 'Support email', '', 'email')
                self._text('support_phone', 'Support phone', '', 'tel')
                self._text('support_url', 'Support page', 'Begins with https://.', 'url')
            with card('Welcome'):
                hint = 'Greets clients on the portal. **bold**, *slanted*, lists with -, [links](https://example.com).'
                self._text('welcome', 'Welcome text', hint, 'off', area=True)
            with html.div().classes('fy-row').style('justify-content: flex-end'):
                button('Save', kind='primary', submit=True, on_click=self._save)
        live.on(SettingsChanged, Refresher(self._changed_elsewhere).ask)

    def _text(self, field: str, label: str, hint: str, autocomplete: str, *, area: bool = False) -> None:
        made = text_field(
            label,
            value=getattr(self._saved, field),
            hint=hint,
            autocomplete=autocomplete,
            kind='textarea' if area else 'text',
            longest=LONGEST_TYPED,
        )
        made.on_value_change(made.clear_error)
        made.on_value_change(self._edited)
        self._fields[field] = made

    def _build_logo(self) -> None:
        with html.div().classes('fy-logo-field').props('role=group aria-label="Logo"'):
            plain_text('div', 'Logo').classes('fy-label')
            with html.div().classes('fy-row wrap fy-logo-now') as self._logo_now:
                self._picture = Part(html.div().style('display: contents'), self._show_picture)
                button('Remove logo', icon='trash-2', kind='ghost', small=True, on_click=lambda: self._put_logo(''))
            self._note = Part(html.div().classes('fy-stack snug'), self._show_note)
            FileDrop(
                brand_doors.LOGO,
                accept='image/png,image/jpeg,image/webp,image/svg+xml',
                most=MOST_BYTES,
                words={
                    'choose': 'Choose a logo',
                    'hint': 'Or drop it here. PNG, JPEG or WebP, up to 2 MB; SVG, up to 256 KB.',
                    'going': 'Uploading…',
                    'cancel': 'Cancel upload',
                    'lost': 'The file did not get through. Please try again.',
                    'too_big': say(LogoRefused(LogoFault.TOO_BIG, '2 MB')),
                },
                on_taken=self._logo_taken,
            )

    async def show_logo(self) -> None:
        """The logo that is chosen, and what mail shows of it."""
        logo = self._logo
        mail = await in_mail(logo) if logo else None
        if logo != self._logo:
            return  # another one was chosen meanwhile, and is shown
        self._logo_now.set_visibility(mail is not None)
        self._has_to_be_drawn = mail is InMail.NOTHING
        self._picture.show(logo if mail else '', self._times_chosen)
        self._note.show(mail, self._was_tried)

    def _show_picture(self, logo: str, _: int) -> None:
        if logo:
            action = brand_doors.picture_of(logo) if self._has_to_be_drawn else ''
            LogoPicture(logo_address(logo), action, on_drawn=lambda: self._drawn(logo))

    def _show_note(self, mail: InMail | None, was_tried: bool) -> None:
        if mail is InMail.PICTURE:
            plain_text('p', DRAWN).classes('fy-sm fy-muted')
        elif mail is InMail.NOTHING and was_tried:
            notice('warn', NOT_DRAWN, live=True)

    async def _logo_taken(self, digest: str) -> None:
        await in_mail(digest)  # it may be made up
        await self._put_logo(digest)

    async def _put_logo(self, digest: str) -> None:
        self._logo, self._was_tried, self._times_chosen = digest, False, self._times_chosen + 1
        await self.show_logo()
        self._edited()

    async def _drawn(self, logo: str) -> None:
        if logo == self._logo:  # else another one was chosen meanwhile
            self._was_tried = True
            await self.show_logo()
            self._edited()

    def _edited(self) -> None:
        self._refresher.ask()

    def _as_typed(self) -> Brand:
        return Brand(**{name: made.value or '' for name, made in self._fields.items()}, logo=self._logo)

    async def preview(self, _: Event | None = None) -> None:
        """Show what is typed as it would look."""
        await self.previews.show(presentable(self._as_typed()))

    async def _save(self) -> None:
        sent = self._as_typed()
        if faults := faults_of(sent):
            self._refuse(faults)
            return
        try:
            saved = await change_brand(deps(), self._actor, sent)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        await self._follow(saved, before=sent)
        toast('Saved.')

    def _refuse(self, faults: dict[str, DomainError]) -> None:
        for name, error in faults.items():
            self._input(name).show_error(say(error))
        self._input(next(iter(faults))).run_method('focus')

    def _input(self, name: str) -> TextField:
        made = self._fields[name]
        return made.text if isinstance(made, AccentField) else made

    async def _changed_elsewhere(self, _: Event | None) -> None:
        """Somebody saved in another tab: what is not being edited here follows."""
        await self._follow(await read_brand(), before=self._saved)

    async def _follow(self, now: Brand, *, before: Brand) -> None:
        """Show what is saved now, where the fields still hold what they held `before`."""
        self._saved = now
        for name, made in self._fields.items():
            if (made.value or '') == getattr(before, name) and getattr(now, name) != getattr(before, name):
                made.value = getattr(now, name)
        if self._logo == before.logo != now.logo:
            await self._put_logo(now.logo)
