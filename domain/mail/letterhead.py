"""What every mail of the firm carries around its words."""

from dataclasses import dataclass, field

from domain.mail.own_words import Words
from domain.mail.paper import Paper
from storage.brand_rows import read_brand_row
from storage.mail_texts import texts_in_force


@dataclass(frozen=True)
class Letterhead:
    """What stands on the firm's paper. `firm_name` may be empty, until the firm has named itself."""

    firm_name: str = ''
    words: tuple[Words, ...] = ()  # the firm's own, where it has some
    paper: Paper = field(default_factory=Paper)

    def words_of(self, kind: str, language: str) -> Words | None:
        """The firm's words for this kind of mail; None where Foyer's are used."""
        return next((one for one in self.words if (one.kind, one.language) == (kind, language)), None)


async def read_letterhead() -> Letterhead:
    """As it is now. Read inside the unit of work that writes the mail, or just before it."""
    words = tuple(Words(**row) for row in await texts_in_force())
    brand = await read_brand_row()
    return Letterhead(brand.firm_name, words, Paper.of(brand))
