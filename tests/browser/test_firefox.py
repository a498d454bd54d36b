"""The page in Firefox: what test_page shows of Chromium holds in another engine, too."""

import os
from pathlib import Path

from tests.browser.conftest import firefox, open_business
from tests.browser.firefox import ENTER, Tab, open_firefox
from tests.support.office import Sessions

LEFT, RIGHT = "[aria-label='Left pane']", "[aria-label='Right pane']"
PHOTO_IS_SHOWN = f"""async () => {{
    const photo = document.querySelector("{RIGHT} .photo");
    await photo.decode();
    return photo.naturalWidth;
}}"""
# Sound is decoded and goes on: Firefox has its own codecs.
SOUND_IS_PLAYED = f"""() => new Promise((played, failed) => {{
    const sound = document.querySelector("{RIGHT} audio");
    sound.muted = sound.loop = true;
    sound.addEventListener("timeupdate", () => sound.currentTime > 0 && played(sound.duration));
    sound.play().catch(failed);
}})"""
SOUND_IS_PAUSED = f"""() => document.querySelector("{RIGHT} audio").paused"""


async def writes(tab: Tab, pane: str, text: str) -> None:
    await tab.clicks(f"{pane} textarea")
    await tab.types(text + ENTER)


async def pictured(tab: Tab, name: str) -> None:
    """Save a screenshot where SCREENSHOTS says."""
    if folder := os.environ.get("SCREENSHOTS"):
        (Path(folder) / f"{name}.png").write_bytes(await tab.picture())


async def test_a_ticket_from_its_photo_to_the_answer(sessions: Sessions, tmp_path: Path) -> None:
    path = firefox()
    async with open_business(sessions) as sandbox, open_firefox(path, tmp_path) as tab:
        await tab.open(sandbox.page_url, 1360, 820)
        await tab.clicks(f"{LEFT} .big", "Start")
        await tab.sees(f"{LEFT} .text", "Describe your question")

        await tab.clicks(f"{LEFT} [aria-label='Attach']")
        await tab.clicks("[role=menuitem]", "Sample photo")
        await tab.sees(f"{LEFT} .thumb")
        await writes(tab, LEFT, "My parcel looks like this.")
        await tab.sees(f"{RIGHT} .text", "My parcel")
        await tab.sees(f"{RIGHT} .photo")
        assert (await tab.evaluate(PHOTO_IS_SHOWN))["value"] == 640

        await tab.clicks(f"{RIGHT} .key", "Take")
        await tab.sees(f"{RIGHT} .text", "Kate")
        await tab.clicks(f"{RIGHT} .with-photo .more")
        await tab.clicks("[role=menuitem]", "Reply")
        await tab.types("A **new** one comes." + ENTER)
        await tab.sees(f"{LEFT} .text strong", "new")
        await tab.sees(f"{RIGHT} .reaction", "👍")

        await tab.clicks(f"{LEFT} [aria-label='Attach']")
        await tab.clicks("[role=menuitem]", "Sample voice message")
        await tab.sees(f"{RIGHT} audio")
        assert (await tab.evaluate(SOUND_IS_PLAYED))["value"] == 3
        await tab.clicks(f"{RIGHT} .more")
        await tab.clicks("[role=menuitem]", "🔥")
        await tab.sees(f"{RIGHT} .reaction", "🔥")
        assert (await tab.evaluate(SOUND_IS_PAUSED))["value"] is False, "a redrawn row stops it"

        await pictured(tab, "page-firefox")
        await tab.resize(390, 844)
        await tab.sees(".phone-switch [aria-pressed=true]", "Alice")
        await tab.clicks(f"{LEFT} .chat", "Support Bot")
        await writes(tab, LEFT, "Thank you!")
        await tab.sees(f"{LEFT} .text", "Thank you!")
        await pictured(tab, "page-firefox-phone")
        width = await tab.evaluate("() => document.documentElement.scrollWidth")
        assert width["value"] == 390
        assert tab.errors == []
