from pathlib import Path

from core import languages


def test_a_language_is_a_folder_with_a_file_of_its_own(tmp_path: Path) -> None:
    for code in ("ru", "de", "left-behind"):
        (tmp_path / code).mkdir()
    for code in ("ru", "de"):
        (tmp_path / code / "partings.txt").touch()
    (tmp_path / "messages.pot").touch()

    assert languages.found(tmp_path) == ("de", "ru")


def test_an_operator_reads_them_as_a_sentence() -> None:
    assert languages.listed(("de", "en", "ru")) == "de, en or ru"


def test_english_is_among_them_and_every_folder_counts() -> None:
    folders = {folder.name for folder in languages.FOLDER.iterdir() if folder.is_dir()}

    assert "en" in languages.LANGUAGES
    assert set(languages.LANGUAGES) == folders
