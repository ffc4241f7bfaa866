"""Work on many contacts that goes on in the background: its state, its members, and the file an import reads."""

from typing import Any

from tortoise import Model, fields

from storage.fields import UtcDatetime


class Job(Model):
    """Something done to many contacts, a batch at a time. Each batch commits together with how far the job has come.

    `state`: `waiting` for its members to be gathered or for its turn; `running`; `paused`; `cancelled`; `done`. One
    instance at a time works on jobs, by a lease (storage/job_claims.py); the jobs that are due take turns.
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=32)
    state = fields.CharField(max_length=16)
    params: dict[str, Any] = fields.JSONField()
    made_by_id = fields.BigIntField(null=True)
    made_by_name = fields.CharField(max_length=200, default='')
    created_at = UtcDatetime()
    started_at = UtcDatetime(null=True)
    finished_at = UtcDatetime(null=True)
    worked_ms = fields.BigIntField(default=0)  # milliseconds spent on it, for its rate
    gathered = fields.BooleanField(default=False)  # all members are there
    position = fields.BigIntField(default=0)  # how far gathering, or reading the file, has come
    total = fields.BigIntField(default=0)
    done = fields.BigIntField(default=0)
    skipped = fields.BigIntField(default=0)
    failed = fields.BigIntField(default=0)
    counts: dict[str, int] = fields.JSONField(default=dict)  # what else the kind counts
    fault = fields.TextField(default='')  # why it stopped, in the words of domain/jobs

    class Meta:
        table = 'job'
        indexes = (('state', 'id'), ('created_at',))


class JobItem(Model):
    """One contact of a job and what became of it. `state`: `waiting`, `done`, `skipped`, `failed`."""

    id = fields.BigIntField(primary_key=True)
    job: fields.ForeignKeyRelation[Job] = fields.ForeignKeyField(
        'foyer.Job', related_name='items', on_delete=fields.CASCADE
    )
    job_id: int
    contact_id = fields.BigIntField()
    contact_name = fields.CharField(max_length=200)  # as it was called then; it may be gone
    state = fields.CharField(max_length=16)
    reason = fields.CharField(max_length=32, default='')
    at = UtcDatetime(null=True)

    class Meta:
        table = 'job_item'
        unique_together = (('job', 'contact_id'),)
        indexes = (('job_id', 'state', 'id'),)


class JobLease(Model):
    """Which instance works on the jobs: one row, id 1, made when it is first taken (storage/job_claims.py)."""

    id = fields.IntField(primary_key=True, generated=False)
    holder = fields.CharField(max_length=64)
    until = UtcDatetime()

    class Meta:
        table = 'job_lease'


class ImportFile(Model):
    """A list of contacts that was handed in. Kept in the database, so that any instance can go on after a restart."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=200)
    size = fields.BigIntField()  # bytes
    made_by_id = fields.BigIntField(null=True)
    created_at = UtcDatetime()
    job_id = fields.BigIntField(null=True)

    class Meta:
        table = 'import_file'
        indexes = (('job_id',), ('created_at',))


class ImportChunk(Model):
    """A piece of an import file, in order."""

    id = fields.BigIntField(primary_key=True)
    file: fields.ForeignKeyRelation[ImportFile] = fields.ForeignKeyField(
        'foyer.ImportFile', related_name='chunks', on_delete=fields.CASCADE
    )
    file_id: int
    position = fields.IntField()
    content = fields.BinaryField()

    class Meta:
        table = 'import_chunk'
        unique_together = (('file', 'position'),)


class ImportResult(Model):
    """What became of some rows of an import file that follow each other. Goes with the file."""

    id = fields.BigIntField(primary_key=True)
    file: fields.ForeignKeyRelation[ImportFile] = fields.ForeignKeyField(
        'foyer.ImportFile', related_name='results', on_delete=fields.CASCADE
    )
    file_id: int
    number = fields.BigIntField()  # of the first of them, counted from 0 after the headers
    rows: list[tuple[int, str]] = fields.JSONField()  # of each, the line it begins in and what became of it

    class Meta:
        table = 'import_result'
        unique_together = (('file', 'number'),)


class ImportRefusal(Model):
    """A row of an import file that did not go in."""

    id = fields.BigIntField(primary_key=True)
    job: fields.ForeignKeyRelation[Job] = fields.ForeignKeyField(
        'foyer.Job', related_name='refusals', on_delete=fields.CASCADE
    )
    job_id: int
    line = fields.BigIntField()  # of the file, counted from 1; a quoted cell may span several
    number = fields.BigIntField()  # of the row, counted from 0 after the headers
    header = fields.CharField(max_length=200)  # of the column; empty for the row as a whole
    reason = fields.CharField(max_length=32)
    detail = fields.CharField(max_length=200, default='')

    class Meta:
        table = 'import_refusal'
        indexes = (('job_id', 'number'),)
