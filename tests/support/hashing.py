"""A hasher that is quick because it is weak."""

from argon2 import PasswordHasher

from domain.dependencies import Hasher


class WeakHasherForTests(Hasher):
    """The real hasher, argon2id and threads and all, at the least cost argon2 allows. Never for the program."""

    def __init__(self) -> None:
        super().__init__(workers=2)
        self._argon2 = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self._dummy = self._argon2.hash('nobody has this password')
