"""Which names the portal can have, and the reason where it cannot."""

import pytest

from domain.errors import HostFault, HostInvalid
from domain.portal.host_names import host_of, normalise_host, readable_host

BASE = 'base.firm.test'


@pytest.mark.parametrize(
    ('typed', 'host'),
    [
        ('portal.firm.test', 'portal.firm.test'),
        ('  Portal.Firm.TEST.  ', 'portal.firm.test'),
        ('https://portal.firm.test/', 'portal.firm.test'),
        ('müller.example', 'xn--mller-kva.example'),
        ('straße.example', 'xn--strae-oqa.example'),  # IDNA 2008: not `strasse`
        ('ｐｏｒｔａｌ。firm.test', 'portal.firm.test'),
        ('xn--mller-kva.example', 'xn--mller-kva.example'),
        ('firm.test', 'firm.test'),
        ('deep.base.firm.test', 'deep.base.firm.test'),
    ],
)
def test_a_host_is_kept_as_dns_has_it(typed: str, host: str) -> None:
    assert normalise_host(typed, BASE) == host


@pytest.mark.parametrize(
    ('typed', 'fault'),
    [
        ('', HostFault.EMPTY),
        ('https://', HostFault.EMPTY),
        ('192.0.2.1', HostFault.ADDRESS),
        ('192.0.2.1:443', HostFault.ADDRESS),
        ('https://[2001:db8::1]/', HostFault.ADDRESS),
        ('2001:db8::1', HostFault.ADDRESS),
        ('127.1', HostFault.ADDRESS),  # browsers take it for 127.0.0.1
        ('0x7f.0x1', HostFault.ADDRESS),
        ('１９２.0.2.1', HostFault.ADDRESS),
        ('localhost', HostFault.LOCALHOST),
        ('portal.localhost', HostFault.LOCALHOST),
        ('base.firm.test', HostFault.OUR_OWN),
        ('BASE.firm.test.', HostFault.OUR_OWN),
        ('portal', HostFault.SINGLE_LABEL),
        ('*.firm.test', HostFault.WILDCARD),
        ('portal.firm.test:8443', HostFault.MORE_THAN_A_NAME),
        ('portal.firm.test/door', HostFault.MORE_THAN_A_NAME),
        ('me@portal.firm.test', HostFault.MORE_THAN_A_NAME),
        ('portal firm.test', HostFault.MALFORMED),
        ('-portal.firm.test', HostFault.MALFORMED),
        ('portal..firm.test', HostFault.MALFORMED),
        ('por_tal.firm.test', HostFault.MALFORMED),
        ('portal.firm.test\r\nX: y', HostFault.CONTROL_CHARACTER),
        ('portal\u200b.firm.test', HostFault.CONTROL_CHARACTER),
        ('a' * 64 + '.test', HostFault.TOO_LONG),
        ('.'.join(['a' * 60] * 5), HostFault.TOO_LONG),
    ],
)
def test_what_cannot_be_one_is_refused_with_the_reason(typed: str, fault: HostFault) -> None:
    with pytest.raises(HostInvalid) as refused:
        normalise_host(typed, BASE)
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ('url', 'host'),
    [
        ('https://Base.firm.test.:8443', 'base.firm.test'),
        ('https://müller.example', 'xn--mller-kva.example'),
        ('http://127.0.0.1:8080', '127.0.0.1'),
        ('http://[::1]:8080', '::1'),
    ],
)
def test_the_host_of_the_base_url_is_compared_as_dns_has_it(url: str, host: str) -> None:
    assert host_of(url) == host


def test_people_read_it_in_their_own_letters() -> None:
    assert readable_host('xn--mller-kva.example') == 'müller.example'
    assert readable_host('portal.firm.test') == 'portal.firm.test'
