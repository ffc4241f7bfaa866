"""What the terminal says."""

import pytest

from domain.settings import Settings
from ui.cli import about_links


@pytest.mark.parametrize(
    ('smtp_url', 'base_url', 'warning'),
    [
        ('smtp://mail.example', '', 'Links in mail lead to http://127.0.0.1:8080: set FOYER_BASE_URL'),
        ('smtp://mail.example', 'https://door.example', ''),
        ('', '', ''),
    ],
)
def test_mail_whose_links_open_here_alone_is_warned_of(smtp_url: str, base_url: str, warning: str) -> None:
    settings = Settings(_env_file=None, host='127.0.0.1', port=8080, smtp_url=smtp_url, base_url=base_url)
    assert about_links(settings) == warning
