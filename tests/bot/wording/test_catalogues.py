"""The catalogues of `bot/locales`: complete, in order, and counting as their language does."""

import re
from gettext import c2py
from pathlib import Path

import pytest
from babel import Locale
from babel.messages import Catalog

from bot import catalogues, i18n
from core import languages

translated = pytest.mark.parametrize("language", [one for one in i18n.LANGUAGES if one != "en"])


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Begin a language in a folder of its own, and return where its catalogue will be."""
    (tmp_path / "de").mkdir()
    monkeypatch.setattr(languages, "FOLDER", tmp_path)
    monkeypatch.setattr(i18n, "LANGUAGES", ("de", "en"))
    return i18n.catalogue_file("de")


def placeholders(text: str) -> tuple[str, ...]:
    return tuple(sorted(re.findall(r"\{[^}]*\}", text)))


@translated
def test_a_catalogue_is_what_make_messages_writes(language: str) -> None:
    updated = catalogues.updated(language, catalogues.extracted())

    file = i18n.catalogue_file(language)
    assert file.read_text("utf-8") == catalogues.written(language, updated), "run `make messages`"


@translated
def test_every_sentence_is_translated(language: str) -> None:
    assert catalogues.untranslated(catalogues.read(language)) == []


@translated
def test_a_translation_counts_as_the_cldr_does(language: str) -> None:
    counts = c2py(catalogues.read(language).plural_expr)
    category = Locale(language).plural_form
    numbers = [*range(300), 1_000, 1_000_000, 1_000_001, 2_000_000]

    pairs = {(counts(number), category(number)) for number in numbers}

    assert len(pairs) == len({form for form, _ in pairs}) == len({name for _, name in pairs})


@translated
def test_a_translation_has_the_same_placeholders_in_all_forms(language: str) -> None:
    for message in catalogues.read(language):
        wanted = {placeholders(form) for form in catalogues.forms(message.id)}
        if message.id:
            got = {placeholders(form) for form in catalogues.forms(message.string)}
            assert got == wanted, message.id


@translated
def test_a_translation_has_as_many_lines_as_the_sentence(language: str) -> None:
    for message in catalogues.read(language):
        if isinstance(message.id, str) and message.id:
            assert str(message.string).count("\n") == message.id.count("\n"), message.id


def test_a_new_language_gets_every_sentence_to_be_translated(
    german: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogues.main()

    sentences = len(catalogues.extracted())
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"de: {sentences} of {sentences} sentences are to be translated"
    assert len(said) == 1 + sentences
    assert german.read_text("utf-8").count("\nmsgid ") == sentences


def test_a_reworded_sentence_is_to_be_translated_and_the_old_one_goes(
    german: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogues.main()
    words = german.read_text("utf-8").replace('"Take"\nmsgstr ""', '"Grab"\nmsgstr "Nehmen"')
    words = words.replace('"Close"\nmsgstr ""', '"Close"\nmsgstr "Schließen"')
    german.write_text(words, "utf-8")
    capsys.readouterr()

    catalogues.main()

    said, written = capsys.readouterr().out, german.read_text("utf-8")
    assert "  + 'Take'\n" in said
    assert "  - 'Grab'\n" in said
    assert "'Close'" not in said
    assert 'msgid "Take"\nmsgstr ""\n' in written
    assert 'msgid "Close"\nmsgstr "Schließen"\n' in written
    assert "Grab" not in written


def test_a_sentence_that_now_counts_must_be_translated_again(german: Path) -> None:
    catalogues.main()
    catalogue = catalogues.read("de")
    catalogue.add("Take", "Nehmen")
    german.write_text(catalogues.written("de", catalogue), "utf-8")
    sentences = Catalog()
    sentences.add(("Take", "Take them"))

    assert catalogues.untranslated(catalogues.updated("de", sentences)) == ["Take"]
