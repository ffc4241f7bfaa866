"""Where the registrars that many firms have keep their DNS records. Their menus change: the words are a direction."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Guide:
    """One registrar; `note` is what goes wrong there most."""

    name: str
    steps: tuple[str, ...]
    note: str = ''


ANY = Guide(
    'Any other',
    (
        'Sign in where the domain was bought, or where its name servers are.',
        'Look for “DNS”, “DNS records” or “Zone editor”.',
        'Add a record with the type, name and value above. Leave the TTL as it is.',
        'If a record of the same name exists, A, AAAA or CNAME, remove it.',
        'Save, come back here, and press “Update Domain”.',
    ),
)
GUIDES = (
    Guide(
        'Cloudflare',
        (
            'Open the domain, then DNS, then Records.',
            'Choose “Add record”, take the type from above, and enter name and value.',
            'Set the proxy to “DNS only” (the grey cloud), then save.',
        ),
        'With the orange cloud visitors get here too, once Cloudflare’s TLS mode is “Full (strict)”.',
    ),
    Guide(
        'GoDaddy',
        (
            'Open My Products, and next to the domain choose DNS.',
            'Choose “Add New Record”, then type, name and value as above.',
            'Save. A change may take an hour to be seen.',
        ),
        'A new domain comes with a parked A record named @. Delete it if that is the name you use.',
    ),
    Guide(
        'Google Domains, now Squarespace',
        (
            'Domains of Google Domains are at Squarespace today: sign in there with the same Google account.',
            'Open the domain, then DNS, then DNS Settings, then Custom Records.',
            'Add the record with host, type and data as above, and save.',
        ),
    ),
    Guide(
        'IONOS',
        (
            'Open Domains & SSL, and from the menu of the domain choose DNS.',
            'Choose “Add record”, pick the type, and enter host name and value.',
            'Save.',
        ),
        'An AAAA record of IONOS’ own often stands beside it. Delete it.',
    ),
    Guide(
        'Namecheap',
        (
            'Open Domain List, then Manage, then Advanced DNS.',
            'Choose “Add New Record” and enter type, host and value.',
            'Press the green tick to save.',
        ),
        'The parking page is a “URL Redirect Record”. Delete it if it has the same host.',
    ),
    ANY,
)
