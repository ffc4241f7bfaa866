"""`make messages`: collect the sentences into `foyer.pot` and bring every catalogue in line with it."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
LOCALE = ROOT / 'domain' / 'locale'
TEMPLATE = LOCALE / 'foyer.pot'
FOLDERS = ('domain', 'ui')


def extract() -> Catalog:
    """Every sentence marked in the sources, in the order of files and lines."""
    with (ROOT / 'babel.cfg').open(encoding='utf-8') as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog(project='Foyer', charset='utf-8')
    for name, line, message, comments, context in extract_from_dir(
        ROOT, methods, options, DEFAULT_KEYWORDS, comment_tags=('Translators:',), strip_comment_tags=True
    ):
        if Path(name).parts[0] in FOLDERS:
            catalog.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return catalog


def catalogues() -> Iterator[tuple[str, Path, Catalog]]:
    """Each language with its file and what the file holds."""
    for path in sorted(LOCALE.glob('*/LC_MESSAGES/foyer.po')):
        language = path.parts[-3]
        with path.open('rb') as file:
            yield language, path, read_po(file, locale=language)


def write() -> None:
    """English says what its keys say; every other language keeps what it has and shows what it lacks."""
    template = extract()
    with TEMPLATE.open('wb') as file:
        write_po(file, template, width=120, sort_output=True, no_location=True, omit_header=True)
    for language, path, catalog in catalogues():
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        if language == 'en':
            for message in catalog:
                if message.id:
                    message.string = message.id
        with path.open('wb') as file:
            write_po(file, catalog, width=120, sort_output=True, no_location=True, omit_header=True)
        missing = [message.id for message in catalog if message.id and not message.string]
        print(f'{path.relative_to(ROOT)}: {len(catalog)} sentences, {len(missing)} to be translated')


if __name__ == '__main__':
    write()
