"""Hasher, cipher, secret key and clock."""

import asyncio
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters

from domain.dependencies import Cipher, Hasher, SystemClock, read_or_make_secret_key
from domain.errors import Busy
from domain.settings import Settings
from tests.support.hashing import WeakHasherForTests


async def test_hashing_is_bounded_and_off_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """R18: so many at once, so many waiting, and Busy for the next one; afterwards there is room again."""
    hasher = WeakHasherForTests()
    release, threads = threading.Event(), set()

    def slow(password: str) -> str:
        threads.add(threading.get_ident())
        release.wait(10)
        return password

    monkeypatch.setattr(hasher, '_argon2', type('Slow', (), {'hash': staticmethod(slow)}))
    try:
        waiting = [asyncio.create_task(hasher.hash(str(number))) for number in range(40)]
        await asyncio.sleep(0.05)
        with pytest.raises(Busy) as refused:
            await hasher.hash('one more')
        assert refused.value.retry_after > 0
        release.set()
        assert await asyncio.gather(*waiting) == [str(number) for number in range(40)]
        assert threading.get_ident() not in threads
        assert len(threads) <= 2
        assert await hasher.hash('now') == 'now'
    finally:
        release.set()
        hasher.close()


async def test_a_caller_that_goes_away_frees_its_place() -> None:
    """R18: cancelled tries do not fill the queue for ever."""
    hasher = WeakHasherForTests()
    try:
        for _ in range(3):
            tasks = [asyncio.create_task(hasher.hash('password')) for _ in range(40)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert await hasher.hash('password')
    finally:
        hasher.close()


async def test_without_a_hash_a_dummy_is_tried_and_nothing_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """R42: a real hash with the real parameters is worked through, and even its own password does not fit it."""
    hasher = Hasher(workers=1)
    tried: list[str] = []
    verify = hasher._argon2.verify

    def remember(hashed: str, password: str) -> bool:
        tried.append(hashed)
        return verify(hashed, password)

    monkeypatch.setattr(hasher, '_argon2', type('Spy', (), {'verify': staticmethod(remember)}))
    try:
        assert not await hasher.verify(None, 'any password')
        assert tried == [hasher._dummy]
        assert extract_parameters(tried[0]) == extract_parameters(PasswordHasher(2, 19_456, 1).hash('x'))
    finally:
        hasher.close()
    weak = WeakHasherForTests()
    assert not await weak.verify(None, 'nobody has this password')
    weak.close()


def test_what_was_encrypted_is_bound_to_its_place_and_its_key() -> None:
    """R26: AEAD, the id of the key in the blob; an old key still opens, a missing or foreign one does not."""
    old, new = Cipher('old' * 16), Cipher('new' * 16, previous='old' * 16)
    sealed = old.encrypt('the link inside', 'row 1')
    assert 'link' not in sealed
    assert old.encrypt('the link inside', 'row 1') != sealed, 'a fresh nonce each time'
    assert new.decrypt(sealed, 'row 1') == 'the link inside'
    assert new.encrypt('x', '').split('.')[0] != sealed.split('.')[0]
    for cipher, blob, place in (
        (new, sealed, 'row 2'),
        (new, sealed[:-2] + ('00' if sealed[-2:] != '00' else '01'), 'row 1'),
        (Cipher('other' * 10), sealed, 'row 1'),
        (new, '', 'row 1'),
        (new, 'nonsense', 'row 1'),
    ):
        with pytest.raises(ValueError):
            cipher.decrypt(blob, place)


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """CONTRACT FOYER_SECRET_KEY: made on first run in the data dir, mode 0600; a set one is taken as it is."""
    settings = Settings(_env_file=None, data_dir=tmp_path / 'data')
    key = read_or_make_secret_key(settings)
    path = tmp_path / 'data' / 'secret.key'
    assert len(key) >= 43
    assert path.read_text() == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make_secret_key(settings) == key
    given = Settings(_env_file=None, data_dir=tmp_path / 'other', secret_key='g' * 32)
    assert read_or_make_secret_key(given) == 'g' * 32
    assert not (tmp_path / 'other').exists()


def test_the_time_is_in_utc() -> None:
    """R59: every time that is written is UTC and says so."""
    assert SystemClock().now().utcoffset() == timedelta(0)
