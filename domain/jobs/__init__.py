"""Work on many contacts that goes on in the background."""
