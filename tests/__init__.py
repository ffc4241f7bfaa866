"""The tests: `domain/`, `storage/` and `ui/` mirror the source, `journeys/` walk whole stories in a browser."""
