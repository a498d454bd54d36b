"""What is sent is shown and played: GIFs, films, voices."""

import base64
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import open_desk, open_stage

if TYPE_CHECKING:
    from playwright.async_api import Browser

ALICE = 700000001
# A second of film, which the browser itself makes.
FILM = """async () => {
    const canvas = document.createElement("canvas");
    const paint = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(30), {mimeType: "video/webm"});
    const part = new Promise((resolve) => (recorder.ondataavailable = resolve));
    recorder.start();
    for (let frame = 0; frame < 30; frame++) {
        paint.fillRect(frame, 0, 10, 150);
        await new Promise(requestAnimationFrame);
    }
    recorder.stop();
    return [...new Uint8Array(await (await part).data.arrayBuffer())];
}"""
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
PLAYS = """player => new Promise((plays, fails) => {
    player.muted = player.loop = true;
    player.ontimeupdate = () => player.currentTime > 0 && plays();
    player.play().catch(fails);
})"""

pytestmark = pytest.mark.filterwarnings("default")


async def test_films_gifs_and_voices_are_played(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        page, left = desk.page, desk.left

        async def attach(what: str) -> None:
            await left.get_by_role("button", name="Attach").click()
            await page.get_by_role("menuitem", name=what).click()

        async def choose(name: str, kind: str, content: bytes) -> None:
            async with page.expect_file_chooser() as asked:
                await attach("Photo, video or GIF")
            file = {"name": name, "mimeType": kind, "buffer": content}
            await (await asked.value).set_files(file)  # type: ignore[arg-type]
            await left.locator(".thumb").wait_for()
            await desk.writes(left, f"look: {name}")

        await left.get_by_role("button", name="Start", exact=True).click()
        await choose("dance.gif", "image/gif", GIF)
        await desk.message(left, "dance").get_by_role("img", name="GIF").wait_for()

        await attach("Sample voice message")
        await left.locator("audio").evaluate(PLAYS)
        await attach("Record a voice message")
        await page.get_by_role("dialog").get_by_role("button", name="Send").click()
        await left.locator("audio").nth(1).evaluate(PLAYS)

        await choose("film.webm", "video/webm", bytes(await page.evaluate(FILM)))
        film = desk.message(left, "film").locator("video")
        await film.evaluate(PLAYS)
        api = sandbox.client()
        shown = await left.get_by_role("article").last.get_attribute("data-id")
        await api.call("react", user=ALICE, chat=ALICE, message=shown, emoji=["🔥"])
        await desk.message(left, "film").get_by_role("button", name="🔥").wait_for()
        assert not await film.evaluate("player => player.paused"), "a redrawn row stops its film"
