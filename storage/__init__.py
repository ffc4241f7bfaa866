"""Rows and how they are reached: models, migrations, the atomic UPDATEs and the queries that join or stream."""
