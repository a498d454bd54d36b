"""`make messages`: brings the catalogues of `bot/locales` to what `bot/texts` says.

A catalogue has the sentences in the order of the texts, with the file and without the line, so that
only what changed differs. Nothing is guessed: a sentence that was reworded is a new one without a
translation, and the old one goes.
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from bot import i18n

_PROJECT = Path(__file__).parent.parent
_KEYWORDS = {"_": None, "_n": (1, 2)}

_HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"

"""


def extracted() -> Catalog:
    """Read the sentences of `bot/texts`, file by file."""
    sentences = Catalog()
    for file in sorted((_PROJECT / "bot" / "texts").glob("*.py")):
        place = file.relative_to(_PROJECT).as_posix()
        for line, words, _comments, _context in extract_from_file("python", file, _KEYWORDS):
            sentences.add(words, locations=[(place, line)])
    return sentences


def read(language: str) -> Catalog:
    """Read a language's catalogue; one that is not there yet is empty."""
    file = i18n.catalogue_file(language)
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as source:
        return read_po(source, locale=language)


def updated(language: str, sentences: Catalog) -> Catalog:
    """Read a language's catalogue and give it these sentences and no others."""
    catalogue = read(language)
    catalogue.update(sentences, no_fuzzy_matching=True)
    return catalogue


def written(language: str, catalogue: Catalog) -> str:
    """Write a catalogue as its file has it."""
    body = BytesIO()
    write_po(body, catalogue, 0, omit_header=True, ignore_obsolete=True, include_lineno=False)
    header = _HEADER.format(language=language, plurals=catalogue.plural_forms)
    return header + body.getvalue().decode().strip() + "\n"


def untranslated(catalogue: Catalog) -> list[str]:
    """List the sentences that a catalogue lacks in one of their forms."""
    return [
        forms(message.id)[0]
        for message in catalogue
        if message.id and (message.fuzzy or not all(forms(message.string)))
    ]


def forms(words: str | Iterable[str] | None) -> list[str]:
    """List a sentence that doesn't count, or the forms of one that does."""
    return [words] if isinstance(words, str) else list(words or [""])


def main() -> None:
    sentences = extracted()
    for language in i18n.LANGUAGES:
        if language != i18n.DEFAULT:
            catalogue = updated(language, sentences)
            file = i18n.catalogue_file(language)
            file.parent.mkdir(exist_ok=True)
            file.write_text(written(language, catalogue), "utf-8")
            print(*_report(language, catalogue), sep="\n")


def _report(language: str, catalogue: Catalog) -> Iterable[str]:
    """Say what is to be translated, and what is gone."""
    missing = untranslated(catalogue)
    yield f"{language}: {len(missing)} of {len(catalogue)} sentences are to be translated"
    yield from (f"  + {words!r}" for words in missing)
    yield from (f"  - {forms(message.id)[0]!r}" for message in catalogue.obsolete.values())


if __name__ == "__main__":
    main()
