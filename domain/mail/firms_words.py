"""A mail in the firm's own words, on the firm's paper: both parts, the button and the plain address in each (R51)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.mail.layout import lay_out, on_one_line_of
from domain.mail.own_words import MESSAGE, Words, read_words
from domain.mail.rendering import Message, on_one_line, put_on_paper


@dataclass(frozen=True)
class Frame:
    """What stands around the words: the label of the button, and small print beneath.

    `quotes` says that the message is what somebody wrote, and is set apart from the firm's words.
    """

    label: str
    small: str = ''
    quotes: bool = True
    headline: str = ''  # what `message` is in the subject, where it is another


def write(words: Words, frame: Frame, fields: Mapping[str, str], language: str, paper: Mapping[str, Any]) -> Message:
    """The mail. `fields` are the values of the merge fields, `paper` what the layout shows around it.

    Raises MergeFieldWrong for words that could not have been saved.
    """
    heading = {**fields, MESSAGE: frame.headline or fields.get(MESSAGE, '')}
    subject = on_one_line(on_one_line_of(read_words(words.subject, words.kind, 'subject'), heading))
    blocks = lay_out(read_words(words.body, words.kind, 'body'), fields, quotes=frame.quotes)
    return put_on_paper('own_words', subject, language, {**paper, 'blocks': blocks, 'frame': frame})
