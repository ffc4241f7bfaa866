"""Where pages and routes find what they hand to deeds."""

from nicegui import app

from domain.dependencies import Dependencies


def deps() -> Dependencies:
    """The dependencies of this process; set once, at start."""
    found: Dependencies = app.state.dependencies
    return found
