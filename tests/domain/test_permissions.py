"""Every deed that staff do, tried by whoever must not (R57, R36). A deed that is missing here is found, too."""

import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

import domain
from domain import authorization
from domain.access import (
    code_check,
    devices,
    login_address,
    login_details,
    login_emails,
    magic_links,
    password_resets,
    rate_limits,
    second_factor_reset,
    security_mode,
    security_settings,
    sessions,
    unknown_addresses,
)
from domain.access.security_policy import SecurityMode
from domain.access.sessions import how_it_stands
from domain.activity import access_report, activity_search, audit_log
from domain.actors import Actor, ClientActor, Role, StaffActor, SystemActor
from domain.authorization import ALLOWED, Permission, may
from domain.contacts import (
    bulk,
    directory,
    finding,
    invitations,
    mail_again,
    picking,
    portal_access,
    portal_view,
    saved_views,
    shared_addresses,
)
from domain.contacts.contact_filter import ContactFilter
from domain.contacts.importing import lists, preview, results, run, uploads
from domain.contacts.importing.columns import Columns
from domain.contacts.importing.decoding import Encoding
from domain.contacts.importing.layout import Delimiter, lay_out
from domain.contacts.importing.plan import Plan, Wishes
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.errors import NotAllowed, SignedOut
from domain.jobs import jobs
from domain.mail import job_mail, outbox
from domain.portal import (
    announcements,
    branding,
    checklist,
    custom_domain,
    email_samples,
    email_texts,
    home_items,
    links,
    mail_server,
    portal_settings,
    report_schedules,
    sender_check,
)
from domain.portal.audience import EVERYBODY
from domain.portal.branding import Brand
from domain.portal.custom_domain import RecordKind
from domain.portal.mail_server import MailSettings
from domain.portal.portal_settings import Portal
from domain.portal.report_times import Every, Rhythm
from domain.staff import (
    own_login,
    staff_invitations,
    staff_passwords,
    staff_second_factor,
    staff_sessions,
    staff_sign_in,
    team,
)
from storage.models import StaffMember, StaffSession
from tests.domain.portal.logos import painted
from tests.factories import a_visitor, every_row, given_contact, given_invited, given_joined_client, given_staff, later
from tests.support.clock import FixedClock

WISH = report_schedules.Wish(Rhythm(Every.DAY, 0, 'UTC'), access_report.FileFormat.CSV, (1,), {})
PLAN = Plan(Encoding.UTF_8, Delimiter.COMMA, Columns.from_text({'name': '0'}))
DETAILS = ContactDetails(Kind.PERSON, 'New', 'new@x.example')
Deed = Callable[[Dependencies, Actor, int], Awaitable[object]]


async def no_pieces() -> AsyncIterator[bytes]:
    """A file without anything in it."""
    for piece in ():
        yield piece


# Deed -> the permission it needs, and how to call it with the id of a contact (or of a mail: both are 1 here).
DEEDS: dict[Callable[..., object], tuple[Permission, Deed]] = {
    finding.find_contacts: (Permission.SEE_CONTACTS, lambda d, a, _: finding.find_contacts(d, a, ContactFilter())),  # type: ignore[arg-type]
    finding.count_contacts: (Permission.SEE_CONTACTS, lambda d, a, _: finding.count_contacts(d, a, ContactFilter())),  # type: ignore[arg-type]
    finding.suggest_organisations: (
        Permission.SEE_CONTACTS,
        lambda d, a, _: finding.suggest_organisations(d, a, 'x'),  # type: ignore[arg-type]
    ),
    saved_views.list_views: (Permission.SEE_CONTACTS, lambda d, a, _: saved_views.list_views(d, a)),  # type: ignore[arg-type]
    saved_views.save_view: (Permission.SEE_CONTACTS, lambda d, a, _: saved_views.save_view(d, a, 'x', {})),  # type: ignore[arg-type]
    saved_views.change_view: (Permission.SEE_CONTACTS, lambda d, a, _: saved_views.change_view(d, a, 1, {})),  # type: ignore[arg-type]
    saved_views.rename_view: (Permission.SEE_CONTACTS, lambda d, a, _: saved_views.rename_view(d, a, 1, 'x')),  # type: ignore[arg-type]
    saved_views.delete_view: (Permission.SEE_CONTACTS, lambda d, a, _: saved_views.delete_view(d, a, 1)),  # type: ignore[arg-type]
    shared_addresses.list_shared: (Permission.SEE_CONTACTS, lambda d, a, _: shared_addresses.list_shared(d, a)),  # type: ignore[arg-type]
    shared_addresses.count_shared: (Permission.SEE_CONTACTS, lambda d, a, _: shared_addresses.count_shared(d, a)),  # type: ignore[arg-type]
    shared_addresses.list_bearers: (
        Permission.SEE_CONTACTS,
        lambda d, a, _: shared_addresses.list_bearers(d, a, 'clara@x.example'),  # type: ignore[arg-type]
    ),
    shared_addresses.choose_for_login: (Permission.MANAGE_LOGINS, shared_addresses.choose_for_login),
    shared_addresses.let_names_decide: (Permission.MANAGE_LOGINS, shared_addresses.let_names_decide),
    shared_addresses.take_address_away: (
        Permission.EDIT_CONTACTS,
        lambda d, a, i: shared_addresses.take_address_away(d, a, i, 'clara@x.example'),  # type: ignore[arg-type]
    ),
    picking.suggest_contacts: (Permission.SEE_CONTACTS, lambda d, a, _: picking.suggest_contacts(d, a, 'x')),
    picking.contact_named: (Permission.SEE_CONTACTS, lambda d, a, _: picking.contact_named(d, a, 'Clara')),
    picking.contacts_with_address: (
        Permission.SEE_CONTACTS,
        lambda d, a, _: picking.contacts_with_address(d, a, 'clara@x.example'),
    ),
    directory.read_contact: (Permission.SEE_CONTACTS, directory.read_contact),
    directory.create_contact: (Permission.EDIT_CONTACTS, lambda d, a, _: directory.create_contact(d, a, DETAILS)),
    directory.edit_contact: (Permission.EDIT_CONTACTS, lambda d, a, i: directory.edit_contact(d, a, i, DETAILS)),
    directory.delete_contact: (Permission.EDIT_CONTACTS, directory.delete_contact),
    invitations.invite_contact: (Permission.GIVE_ACCESS, invitations.invite_contact),
    invitations.invite_address: (
        Permission.GIVE_ACCESS,
        lambda d, a, _: invitations.invite_address(d, a, 'new@x.example'),
    ),
    invitations.cancel_invitation: (Permission.GIVE_ACCESS, invitations.cancel_invitation),
    portal_access.give_access: (Permission.GIVE_ACCESS, portal_access.give_access),
    portal_access.revoke_access: (Permission.GIVE_ACCESS, portal_access.revoke_access),
    portal_access.look_before_revoking: (Permission.SEE_CONTACTS, portal_access.look_before_revoking),
    login_emails.send_login_emails: (
        Permission.GIVE_ACCESS,
        lambda d, a, i: login_emails.send_login_emails(d, a, [i]),
    ),
    password_resets.send_password_reset: (Permission.MANAGE_LOGINS, password_resets.send_password_reset),
    magic_links.make_magic_link: (Permission.MAKE_LINKS, magic_links.make_magic_link),
    devices.list_sessions: (Permission.SEE_CONTACTS, devices.list_sessions),
    devices.end_session_of_contact: (
        Permission.MANAGE_LOGINS,
        lambda d, a, i: devices.end_session_of_contact(d, a, i, 1),  # type: ignore[arg-type]
    ),
    devices.end_all_sessions: (Permission.MANAGE_LOGINS, devices.end_all_sessions),
    login_details.read_login: (Permission.SEE_CONTACTS, login_details.read_login),
    login_address.change_login_address: (
        Permission.MANAGE_LOGINS,
        lambda d, a, i: login_address.change_login_address(d, a, i, 'new@x.example'),  # type: ignore[arg-type]
    ),
    login_address.send_address_link_again: (Permission.MANAGE_LOGINS, login_address.send_address_link_again),
    login_address.cancel_address_change: (Permission.MANAGE_LOGINS, login_address.cancel_address_change),
    second_factor_reset.reset_two_factor: (
        Permission.MANAGE_LOGINS,
        lambda d, a, i: second_factor_reset.reset_two_factor(d, a, i, 'Phone lost'),  # type: ignore[arg-type]
    ),
    bulk.look_before: (
        Permission.GIVE_ACCESS,
        lambda d, a, i: bulk.look_before(d, a, bulk.BulkKind.INVITE, Selection(ids=(i,))),  # type: ignore[arg-type]
    ),
    bulk.group_members: (
        Permission.GIVE_ACCESS,
        lambda d, a, i: bulk.group_members(
            d,
            a,
            bulk.BulkKind.REMINDER,
            Selection(ids=(i,)),
            bulk.Group.TO_REMIND,  # type: ignore[arg-type]
        ),
    ),
    bulk.start_bulk: (
        Permission.EDIT_CONTACTS,
        lambda d, a, i: bulk.start_bulk(d, a, bulk.BulkKind.DELETE, Selection(ids=(i,)), counted=1),  # type: ignore[arg-type]
    ),
    uploads.hand_in: (Permission.EDIT_CONTACTS, lambda d, a, _: uploads.hand_in(d, a, 'x.csv', no_pieces())),
    uploads.read_file: (Permission.EDIT_CONTACTS, uploads.read_file),
    uploads.file_of_job: (Permission.EDIT_CONTACTS, uploads.file_of_job),
    uploads.detect: (Permission.EDIT_CONTACTS, uploads.detect),
    uploads.throw_away: (Permission.EDIT_CONTACTS, uploads.throw_away),
    preview.preview: (
        Permission.EDIT_CONTACTS,
        lambda d, a, i: preview.preview(d, a, i, PLAN, lay_out('name\n')),
    ),
    run.start_import: (Permission.EDIT_CONTACTS, lambda d, a, i: run.start_import(d, a, i, PLAN, 1)),
    results.list_results: (Permission.EDIT_CONTACTS, results.list_results),
    results.list_refusals: (Permission.EDIT_CONTACTS, results.list_refusals),
    results.count_refusals: (Permission.EDIT_CONTACTS, results.count_refusals),
    lists.refused_rows: (Permission.EDIT_CONTACTS, lambda d, a, i: lists.refused_rows(d, a, i, repr)),
    lists.refused_in_preview: (
        Permission.EDIT_CONTACTS,
        lambda d, a, i: lists.refused_in_preview(d, a, i, Wishes(), repr),
    ),
    lists.contacts_csv: (Permission.EXPORT_REPORT, lambda d, a, _: lists.contacts_csv(d, a)),
    jobs.start_job: (Permission.EDIT_CONTACTS, lambda d, a, _: jobs.start_job(d, a, 'unheard of', {})),
    jobs.read_job: (Permission.SEE_CONTACTS, jobs.read_job),
    jobs.list_jobs: (Permission.SEE_CONTACTS, lambda d, a, _: jobs.list_jobs(d, a)),
    jobs.job_items: (Permission.SEE_CONTACTS, jobs.job_items),
    job_mail.mail_of_job: (Permission.SEE_CONTACTS, job_mail.mail_of_job),
    job_mail.send_job_mail_again: (Permission.MANAGE_OUTBOX, job_mail.send_job_mail_again),
    mail_again.send_mail_again: (Permission.MANAGE_OUTBOX, mail_again.send_mail_again),
    job_mail.cancel_job_mail: (Permission.MANAGE_OUTBOX, job_mail.cancel_job_mail),
    jobs.pause_job: (Permission.SEE_CONTACTS, jobs.pause_job),  # then the one of its kind: domain/jobs/test_jobs.py
    jobs.resume_job: (Permission.SEE_CONTACTS, jobs.resume_job),
    jobs.cancel_job: (Permission.SEE_CONTACTS, jobs.cancel_job),
    jobs.retry_failed: (Permission.SEE_CONTACTS, jobs.retry_failed),
    portal_view.open_portal_view: (Permission.VIEW_PORTAL, portal_view.open_portal_view),
    portal_view.read_portal_view: (Permission.VIEW_PORTAL, portal_view.read_portal_view),
    access_report.report_page: (Permission.EXPORT_REPORT, lambda d, a, _: access_report.report_page(d, a)),
    access_report.report_rows: (Permission.EXPORT_REPORT, lambda d, a, _: access_report.report_rows(d, a)),
    access_report.access_report: (
        Permission.EXPORT_REPORT,
        lambda d, a, _: access_report.access_report(d, a, access_report.FileFormat.CSV),
    ),
    access_report.access_report_csv: (Permission.EXPORT_REPORT, lambda d, a, _: access_report.access_report_csv(d, a)),
    access_report.access_report_xlsx: (
        Permission.EXPORT_REPORT,
        lambda d, a, _: access_report.access_report_xlsx(d, a),
    ),
    audit_log.recent_activity: (Permission.SEE_CONTACTS, lambda d, a, _: audit_log.recent_activity(d, a)),
    audit_log.contact_timeline: (Permission.SEE_CONTACTS, audit_log.contact_timeline),
    activity_search.list_activity: (Permission.SEE_ACTIVITY, lambda d, a, _: activity_search.list_activity(d, a)),
    activity_search.find_people: (Permission.SEE_ACTIVITY, lambda d, a, _: activity_search.find_people(d, a, 'x')),
    activity_search.read_person: (
        Permission.SEE_ACTIVITY,
        lambda d, a, _: activity_search.read_person(d, a, 'staff:1'),
    ),
    activity_search.activity_csv: (
        Permission.EXPORT_ACTIVITY,
        lambda d, a, _: activity_search.activity_csv(d, a, activity_search.ActivityFilter()),
    ),
    rate_limits.unlock_login: (Permission.MANAGE_LOGINS, rate_limits.unlock_login),
    login_details.staff_with_address: (
        Permission.MANAGE_LOGINS,
        lambda d, a, i: login_details.staff_with_address(d, a, 'nobody@firm.example'),
    ),
    unknown_addresses.list_unknown_addresses: (
        Permission.SEE_ACTIVITY,
        lambda d, a, _: unknown_addresses.list_unknown_addresses(d, a),  # type: ignore[arg-type]
    ),
    unknown_addresses.ignore_unknown_address: (
        Permission.EDIT_CONTACTS,
        unknown_addresses.ignore_unknown_address,
    ),
    outbox.list_mail: (Permission.SEE_OUTBOX, lambda d, a, _: outbox.list_mail(d, a)),
    outbox.mail_counts: (Permission.SEE_OUTBOX, lambda d, a, _: outbox.mail_counts(d, a)),
    outbox.retry_mail: (Permission.MANAGE_OUTBOX, outbox.retry_mail),
    outbox.cancel_mail: (Permission.MANAGE_OUTBOX, outbox.cancel_mail),
    outbox.read_captured_mail: (Permission.MANAGE_OUTBOX, outbox.read_captured_mail),
    report_schedules.list_schedules: (
        Permission.EXPORT_REPORT,
        lambda d, a, _: report_schedules.list_schedules(d, a),  # type: ignore[arg-type]
    ),
    report_schedules.who_can_be_told: (
        Permission.EXPORT_REPORT,
        lambda d, a, _: report_schedules.who_can_be_told(d, a),  # type: ignore[arg-type]
    ),
    report_schedules.save_schedule: (
        Permission.EXPORT_REPORT,
        lambda d, a, _: report_schedules.save_schedule(d, a, WISH),  # type: ignore[arg-type]
    ),
    report_schedules.delete_schedule: (
        Permission.EXPORT_REPORT,
        lambda d, a, _: report_schedules.delete_schedule(d, a, 1),  # type: ignore[arg-type]
    ),
    sender_check.read_selector: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: sender_check.read_selector(d, a),  # type: ignore[arg-type]
    ),
    sender_check.keep_selector: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: sender_check.keep_selector(d, a, 'mail'),  # type: ignore[arg-type]
    ),
    sender_check.check_sender: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: sender_check.check_sender(d, a),  # type: ignore[arg-type]
    ),
    custom_domain.read_domain: (Permission.CHANGE_SETTINGS, lambda d, a, _: custom_domain.read_domain(d, a)),  # type: ignore[arg-type]
    custom_domain.set_domain: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: custom_domain.set_domain(d, a, 'portal.evil.example', RecordKind.A),  # type: ignore[arg-type]
    ),
    custom_domain.remove_domain: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: custom_domain.remove_domain(d, a),  # type: ignore[arg-type]
    ),
    custom_domain.look_again: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: custom_domain.look_again(d, a),  # type: ignore[arg-type]
    ),
    custom_domain.keep_staff_at_base: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: custom_domain.keep_staff_at_base(d, a, True),  # type: ignore[arg-type]
    ),
    portal_settings.change_portal: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: portal_settings.change_portal(d, a, Portal('Evil', True, 60, 30)),  # type: ignore[arg-type]
    ),
    portal_settings.name_firm: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: portal_settings.name_firm(d, a, 'Evil'),  # type: ignore[arg-type]
    ),
    security_mode.preview_mode: (
        Permission.CHANGE_SECURITY,
        lambda d, a, _: security_mode.preview_mode(d, a, SecurityMode.LINK_ONLY),  # type: ignore[arg-type]
    ),
    security_mode.change_mode: (
        Permission.CHANGE_SECURITY,
        lambda d, a, _: security_mode.change_mode(d, a, SecurityMode.LINK_ONLY, notify=True),  # type: ignore[arg-type]
    ),
    security_mode.cancel_planned_mode: (
        Permission.CHANGE_SECURITY,
        lambda d, a, _: security_mode.cancel_planned_mode(d, a),  # type: ignore[arg-type]
    ),
    security_settings.read_security: (
        Permission.CHANGE_SECURITY,
        lambda d, a, _: security_settings.read_security(d, a),  # type: ignore[arg-type]
    ),
    security_settings.set_staff_two_factor_required: (
        Permission.CHANGE_SECURITY,
        lambda d, a, _: security_settings.set_staff_two_factor_required(d, a, True),  # type: ignore[arg-type]
    ),
    security_settings.change_session_lengths: (
        Permission.CHANGE_SECURITY,
        lambda d, a, _: security_settings.change_session_lengths(d, a, 1, 1),  # type: ignore[arg-type]
    ),
    checklist.put_checklist_away: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: checklist.put_checklist_away(d, a),  # type: ignore[arg-type]
    ),
    checklist.send_test_mail: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: checklist.send_test_mail(d, a),  # type: ignore[arg-type]
    ),
    email_texts.read_email_text: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: email_texts.read_email_text(d, a, 'notice'),  # type: ignore[arg-type]
    ),
    email_texts.save_email_text: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: email_texts.save_email_text(d, a, 'notice', 'x', 'x'),  # type: ignore[arg-type]
    ),
    email_texts.use_default_text: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: email_texts.use_default_text(d, a, 'notice'),  # type: ignore[arg-type]
    ),
    email_texts.restore_email_text: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: email_texts.restore_email_text(d, a, 1),  # type: ignore[arg-type]
    ),
    email_samples.preview_email: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: email_samples.preview_email(d, a, 'notice', 'x', 'x'),  # type: ignore[arg-type]
    ),
    email_samples.send_sample: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: email_samples.send_sample(d, a, 'notice', 'x', 'x'),  # type: ignore[arg-type]
    ),
    announcements.save_announcement: (
        Permission.EDIT_HOME,
        lambda d, a, _: announcements.save_announcement(d, a, announcements.Announcement('Evil')),  # type: ignore[arg-type]
    ),
    links.save_link: (
        Permission.EDIT_HOME,
        lambda d, a, _: links.save_link(d, a, links.Link('Evil', 'https://evil.example')),  # type: ignore[arg-type]
    ),
    home_items.list_items: (Permission.EDIT_HOME, lambda d, a, _: home_items.list_items(d, a)),  # type: ignore[arg-type]
    home_items.list_chosen: (Permission.EDIT_HOME, home_items.list_chosen),
    home_items.list_destinations: (
        Permission.SEE_CONTACTS,
        lambda d, a, i: home_items.list_destinations(d, a, [i]),  # type: ignore[arg-type]
    ),
    home_items.save_item: (
        Permission.EDIT_HOME,
        lambda d, a, _: home_items.save_item(d, a, home_items.ItemKind.LINK, None, EVERYBODY, {'title': 'Evil'}),  # type: ignore[arg-type]
    ),
    home_items.remove_item: (Permission.EDIT_HOME, home_items.remove_item),
    home_items.move_item: (Permission.EDIT_HOME, lambda d, a, i: home_items.move_item(d, a, i, 0)),  # type: ignore[arg-type]
    branding.change_brand: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: branding.change_brand(d, a, Brand('Evil')),  # type: ignore[arg-type]
    ),
    branding.try_on_logo: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: branding.try_on_logo(d, a, painted()),  # type: ignore[arg-type]
    ),
    branding.give_picture: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: branding.give_picture(d, a, 'a' * 64, painted()),  # type: ignore[arg-type]
    ),
    mail_server.read_mail_settings: (
        Permission.CHANGE_SETTINGS,
        lambda d, a, _: mail_server.read_mail_settings(d, a),  # type: ignore[arg-type]
    ),
    mail_server.change_mail_settings: (
        Permission.CHANGE_MAIL_SERVER,
        lambda d, a, _: mail_server.change_mail_settings(d, a, MailSettings()),  # type: ignore[arg-type]
    ),
    mail_server.try_mail_server: (
        Permission.CHANGE_MAIL_SERVER,
        lambda d, a, _: mail_server.try_mail_server(d, a, MailSettings()),  # type: ignore[arg-type]
    ),
    team.list_team: (Permission.MANAGE_TEAM, lambda d, a, _: team.list_team(d, a)),
    team.look_before_disabling: (Permission.MANAGE_TEAM, team.look_before_disabling),
    team.change_role: (Permission.MANAGE_TEAM, lambda d, a, i: team.change_role(d, a, i, Role.OWNER)),
    team.disable_staff: (Permission.MANAGE_TEAM, team.disable_staff),
    team.enable_staff: (Permission.MANAGE_TEAM, team.enable_staff),
    team.unlock_staff: (Permission.MANAGE_TEAM, team.unlock_staff),
    team.remove_staff: (Permission.MANAGE_TEAM, team.remove_staff),
    staff_invitations.invite_staff: (
        Permission.MANAGE_TEAM,
        lambda d, a, _: staff_invitations.invite_staff(d, a, 'Eve', 'eve@x.example', Role.OWNER),
    ),
    staff_invitations.client_with_address: (
        Permission.MANAGE_TEAM,
        lambda d, a, _: staff_invitations.client_with_address(d, a, 'eve@x.example'),
    ),
    staff_passwords.send_staff_reset: (Permission.MANAGE_TEAM, staff_passwords.send_staff_reset),
    staff_second_factor.reset_staff_two_factor: (
        Permission.MANAGE_TEAM,
        lambda d, a, i: staff_second_factor.reset_staff_two_factor(d, a, i, 'because'),
    ),
}
NO_PERMISSION_NEEDED = {
    sessions.sign_out_staff,  # one's own session
    staff_sign_in.confirm_sign_in,  # one's own proof
    staff_sign_in.check_own_password,
    staff_passwords.change_own_password,
    own_login.read_own_login,
    staff_sessions.list_own_staff_sessions,
    staff_sessions.end_own_other_sessions,
    staff_sessions.end_own_session,
    how_it_stands,  # the question itself
    authorization.may,
    rate_limits.check_staff_budget,  # called by deeds that have asked already
    code_check.check_code,  # the same
    authorization.authorise,
    authorization.authorise_oneself,
}


def staff_deeds() -> set[Callable[..., object]]:
    """Every public coroutine of the domain that is handed a staff member, by its annotations."""
    found: set[Callable[..., object]] = set()
    for module_info in pkgutil.walk_packages(domain.__path__, 'domain.'):
        if module_info.name.startswith('domain.demo'):
            continue
        module = importlib.import_module(module_info.name)
        for name, function in vars(module).items():
            if name.startswith('_') or not inspect.iscoroutinefunction(inspect.unwrap(function)):
                continue
            if function.__module__ != module.__name__:
                continue
            parameters = list(inspect.signature(function).parameters.values())
            takes_staff = any(parameter.annotation in (StaffActor, Actor) for parameter in parameters)
            if takes_staff and parameters[0].annotation is Dependencies:
                found.add(function)
    return found


def test_no_deed_is_missing_from_the_table() -> None:
    """R57: whoever adds a deed for staff says here what it needs."""
    unknown = {f'{one.__module__}.{one.__name__}' for one in staff_deeds() - set(DEEDS) - NO_PERMISSION_NEEDED}
    assert unknown == set()
    assert len(staff_deeds()) > 25


def test_the_table_of_roles() -> None:
    """R57: default is no; staff neither export nor change settings, security or team, owners and admins may."""
    everything = set(Permission)
    assert {
        Role.OWNER: everything,
        Role.ADMIN: everything - {Permission.READ_PERSONAL_MAIL, Permission.CHANGE_MAIL_SERVER},
        Role.STAFF: everything
        - {
            Permission.EXPORT_REPORT,
            Permission.EXPORT_ACTIVITY,
            Permission.CHANGE_SETTINGS,
            Permission.CHANGE_SECURITY,
            Permission.MANAGE_TEAM,
            Permission.READ_PERSONAL_MAIL,
            Permission.CHANGE_MAIL_SERVER,
        },
    } == ALLOWED
    assert not any(may(a_visitor(), permission) for permission in Permission)
    assert not any(may(ClientActor(1, 1, 'x@x.example', 1), permission) for permission in Permission)
    assert all(may(SystemActor(), permission) for permission in Permission)


async def refused(deps: Dependencies, actor: Actor, error: type[Exception], deeds: list[Callable[..., object]]) -> None:
    """Each of these deeds raises this and writes nothing."""
    before = await every_row()
    for deed in deeds:
        permission, call = DEEDS[deed]
        with pytest.raises(error) as raised:
            await call(deps, actor, 1)
        if isinstance(raised.value, NotAllowed):
            assert raised.value.permission == permission.value
    assert await every_row() == before


async def test_no_role_does_what_it_may_not(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """R57: each deed asks for its permission: with every other one, but without that, it is refused."""
    actor = await given_staff(deps, Role.STAFF)
    await given_invited(deps, actor)
    for deed, (permission, _) in DEEDS.items():
        monkeypatch.setitem(ALLOWED, Role.STAFF, frozenset(Permission) - {permission})
        await refused(deps, actor, NotAllowed, [deed])


async def test_clients_and_visitors_do_nothing_of_it(deps: Dependencies) -> None:
    """R57: a client that gets hold of a deed is refused by its kind."""
    client = await given_joined_client(deps, await given_staff(deps))
    await refused(deps, client.actor, NotAllowed, list(DEEDS))
    await refused(deps, a_visitor(), NotAllowed, list(DEEDS))


async def test_inviting_a_client_never_gives_staff_rights(deps: Dependencies) -> None:
    """R57: neither with an address nobody has nor with that of an owner, whom the team's own table alone knows."""
    owner = await given_staff(deps, Role.OWNER)
    before = await StaffMember.all().order_by('id').values()
    for name, email in (('Olga at Home', owner.email), ('Clara Weiss', 'clara@weiss.example')):
        client = await given_joined_client(deps, owner, name, email)
        assert client.actor.email == email
        assert not any(may(client.actor, permission) for permission in Permission)
        await refused(deps, client.actor, NotAllowed, list(DEEDS))
        assert await sessions.current_staff(deps, client.raw) is None, 'its session is none of a member'
    assert await StaffMember.all().order_by('id').values() == before


@pytest.mark.parametrize('how', ['signed out', 'idle', 'over', 'disabled'])
async def test_an_ended_session_does_nothing(deps: Dependencies, clock: FixedClock, how: str) -> None:
    """R36: however long a page stays open, whoever it belongs to."""
    owner = await given_staff(deps, Role.OWNER)
    await given_invited(deps, owner)
    if how == 'signed out':
        await sessions.sign_out_staff(deps, owner)
    elif how == 'disabled':
        await StaffMember.filter(id=owner.staff_id).update(disabled_at=clock.now())
    elif how == 'idle':
        later(clock, hours=12)
    else:
        later(clock, days=7)
        await StaffSession.all().update(idle_expires_at=clock.now().replace(year=2030))
    await refused(deps, owner, SignedOut, list(DEEDS))


async def test_the_session_of_another_member_is_no_help(deps: Dependencies) -> None:
    """R57: an actor is looked up by its own session; one that never was is signed out."""
    await given_contact(deps)
    made_up = StaffActor(4711, 1, 'Evil', 'evil@x.example', Role.OWNER)
    await refused(deps, made_up, SignedOut, list(DEEDS))


async def test_the_role_that_counts_is_the_one_a_member_has_now(deps: Dependencies) -> None:
    """R57: whoever was made an admin a moment ago need not sign in anew; whoever was one is none."""
    promoted, demoted = await given_staff(deps, Role.STAFF), await given_staff(deps, Role.ADMIN)
    await StaffMember.filter(id=promoted.staff_id).update(role=Role.ADMIN.value)
    await StaffMember.filter(id=demoted.staff_id).update(role=Role.STAFF.value)
    await authorization.authorise(deps, promoted, Permission.MANAGE_TEAM)
    with pytest.raises(NotAllowed):
        await authorization.authorise(deps, demoted, Permission.MANAGE_TEAM)
