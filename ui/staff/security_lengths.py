"""How long clients stay signed in."""

from nicegui import html

from domain.access.security_policy import SecurityMode
from domain.access.security_settings import IDLE_DAYS, SESSION_DAYS, SecuritySettings, change_session_lengths
from domain.actors import StaffActor
from domain.errors import DomainError, NumberOutOfRange
from ui.components.basics import TextField, button, card, plain_text, text_field, toast
from ui.dependencies import deps
from ui.messages import say
from ui.staff.contact_words import several

BESIDE_TWO_FACTOR = (
    'While two-factor is required, sessions end after an hour without a visit and after 24 hours in all, whatever '
    'stands here.'
)
OTHERWISE = (
    'A shorter time counts at once, also for those who are signed in now. A longer one counts from their next sign-in.'
)


class LengthsCard:
    def __init__(self, actor: StaffActor, settings: SecuritySettings) -> None:
        """Build it in the page."""
        self._actor, self._saved = actor, settings
        with card('How long clients stay signed in'), html.form().classes('fy-stack') as form:
            form.on('submit', js_handler='(event) => event.preventDefault()')
            with html.div().classes('fy-row wrap top'):
                self._idle = _number('If they do not come back', settings.idle_days, IDLE_DAYS)
                self._absolute = _number('At most, even if they do', settings.session_days, SESSION_DAYS)
            with html.div().classes('fy-row wrap'):
                self._note = plain_text('p', '').classes('fy-sm fy-muted').style('flex: 1 1 280px')
                button('Save', submit=True, on_click=self._save)
        self.show(settings)

    def show(self, settings: SecuritySettings) -> None:
        """Somebody may have saved in another tab: what is not being edited here follows."""
        before, self._saved = self._saved, settings
        if (self._idle.value or '') == str(before.idle_days):
            self._idle.value = str(settings.idle_days)
        if (self._absolute.value or '') == str(before.session_days):
            self._absolute.value = str(settings.session_days)
        self._note.set_text(BESIDE_TWO_FACTOR if settings.mode is SecurityMode.LINK_AND_PASSWORD_2FA else OTHERWISE)

    async def _save(self) -> None:
        if self._has_faults():
            return
        try:
            shortened = await change_session_lengths(
                deps(), self._actor, _whole(self._idle.value), _whole(self._absolute.value)
            )
        except NumberOutOfRange as error:
            field = self._idle if error.field == 'client_idle_days' else self._absolute
            field.show_error(say(error))
            field.run_method('focus')
            return
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        toast(f'Saved. {several(shortened, "session")} shortened.' if shortened else 'Saved.')

    def _has_faults(self) -> bool:
        """Every field that is wrong says so; the first has the cursor."""
        wrong: list[TextField] = []
        for field, name, bounds in (
            (self._idle, 'client_idle_days', IDLE_DAYS),
            (self._absolute, 'client_session_days', SESSION_DAYS),
        ):
            if not bounds[0] <= _whole(field.value) <= bounds[1]:
                field.show_error(say(NumberOutOfRange(name, *bounds)))
                wrong.append(field)
        if wrong:
            wrong[0].run_method('focus')
        return bool(wrong)


def _number(label: str, value: int, bounds: tuple[int, int]) -> TextField:
    made: TextField = text_field(
        label, value=str(value), inputmode='numeric', autocomplete='off', longest=12,
        hint=f'{bounds[0]} to {bounds[1]} days',
    )  # fmt: skip
    with made.add_slot('append'):
        html.span('days').classes('fy-sm fy-muted').props('aria-hidden=true')
    made.style('max-width: 200px')
    made.on_value_change(made.clear_error)
    return made


def _whole(text: str | None) -> int:
    """The number that was typed; -1, which nothing allows, for anything else."""
    clean = (text or '').strip()
    return int(clean) if clean.isascii() and clean.isdigit() and len(clean) < 7 else -1
