"""Foyer. `python main.py` serves; `python main.py --help` lists what else it does."""

from ui.cli import program

if __name__ in {'__main__', '__mp_main__'}:
    program()
