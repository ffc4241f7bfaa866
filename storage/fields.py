"""Column types that keep one meaning in one place."""

from typing import Any

from tortoise import Model, fields


class LowercaseEmail(fields.CharField):
    """An email address, kept in lower case so that one address is one value.

    The domain layer validates and normalises before it writes (domain/addresses.py); this is the safety net
    that makes equality and UNIQUE case-insensitive on both engines. At most 254 characters (RFC 5321, 4.5.3.1.3).
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault('max_length', 254)
        super().__init__(**kwargs)

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        return super().to_db_value(value.lower() if isinstance(value, str) else value, instance)


class UtcDatetime(fields.DatetimeField):
    """A moment in UTC. TIMESTAMPTZ on PostgreSQL; on SQLite ISO 8601 text, which sorts as time does."""


class EncryptedText(fields.TextField):
    """Text that `domain.dependencies.Cipher` has encrypted: what is written here is already unreadable.

    The type marks such columns, so that a test can find them all and prove that no plain text stands in them.
    """
