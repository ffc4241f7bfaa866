"""The list of jobs over HTTP and its socket: however many there are, each of them is reached."""

from typing import Any

from tests.support.socket import Element, LivePage, LiveSocket
from tests.ui.portal import Portal
from tests.ui.test_contact_list_page import OpenList
from ui.staff.jobs import PAGE_SIZE

JOBS = 130


class OpenJobs(OpenList):
    def table(self) -> tuple[Element, dict[str, Any]]:
        number, props = self.props('label', 'Jobs')
        return Element(number, self.page.elements[number]), props

    def press(self, name: str) -> None:
        before = self.names()
        self.socket.fire(self.page, self.page.find(name))
        self.until(lambda: self.names() != before)

    def bar(self) -> list[str]:
        return []


def test_the_oldest_job_is_reached_and_the_newest_again(portal: Portal) -> None:
    with portal.sql() as database:
        database.executemany(
            'INSERT INTO job (kind, state, params, made_by_name, created_at, worked_ms, gathered, position, total, '
            "done, skipped, failed, counts, fault) VALUES ('import', 'cancelled', ?, 'Olga', "
            "'2020-03-02 12:00:00+00:00', 0, 1, 0, 1, 1, 0, 0, '{}', '')",
            [(f'{{"facts": {{"name": "{number}.csv"}}}}',) for number in range(JOBS)],
        )
    browser = portal.staff()
    page = LivePage(browser.get('/staff/jobs').text)
    with LiveSocket(portal.base_url, page.client_id, cookies=browser.cookie_header) as socket:
        jobs = OpenJobs(page, socket)
        newest = jobs.names()
        assert len(newest) == PAGE_SIZE
        assert newest[0] == f'Import contacts · {JOBS - 1}.csv'
        seen = list(newest)
        while len(jobs.names()) == PAGE_SIZE and len(seen) < JOBS:
            jobs.press('Next page')
            seen += jobs.names()
        assert seen[:JOBS] == [f'Import contacts · {number}.csv' for number in reversed(range(JOBS))]
        there = jobs.names()
        jobs.press('Previous page')
        assert jobs.names() == seen[-len(there) - PAGE_SIZE : -len(there)]
        jobs.press('First page')
        assert jobs.names() == newest
