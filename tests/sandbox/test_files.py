import aiohttp
import pytest

from sandbox import Sandbox
from sandbox.client import User
from tests.sandbox.conftest import Api, Json

FILE_METHODS = {
    "photo": "sendPhoto",
    "document": "sendDocument",
    "video": "sendVideo",
    "animation": "sendAnimation",
    "audio": "sendAudio",
    "voice": "sendVoice",
    "video_note": "sendVideoNote",
    "sticker": "sendSticker",
}


async def upload(api: Api, method: str, params: Json, files: dict[str, bytes]) -> Json:
    """A multipart request."""
    form = aiohttp.FormData()
    for name, value in params.items():
        form.add_field(name, str(value))
    for name, content in files.items():
        form.add_field(name, content, filename=f"{name}.bin")
    url = f"{api.sandbox.url}/bot{api.sandbox.token}/{method}"
    async with api.session.post(url, data=form) as response:
        answer: Json = await response.json()
        return answer


@pytest.mark.parametrize("kind", FILE_METHODS)
async def test_every_kind_goes_up_comes_down_and_goes_again(
    api: Api, alice: User, kind: str
) -> None:
    await alice.writes("/start")

    answer = await upload(
        api, FILE_METHODS[kind], {"chat_id": alice.id, kind: "attach://part"}, {"part": b"content"}
    )
    field = answer["result"][kind]
    file_id = (field[-1] if kind == "photo" else field)["file_id"]
    file = await api("getFile", file_id=file_id)
    url = f"{api.sandbox.url}/file/bot{api.sandbox.token}/{file['file_path']}"
    async with api.session.get(url) as response:
        assert await response.read() == b"content"

    assert kind in await api(FILE_METHODS[kind], chat_id=alice.id, **{kind: file_id})


async def test_a_live_photo_is_a_photo_too_and_goes_on_as_it_is(api: Api, alice: User) -> None:
    sent = await alice.sends("live_photo", caption="look", data=b"a film", still="cGljdHVyZQ==")

    again = await api(
        "sendLivePhoto",
        chat_id=alice.id,
        live_photo=sent.raw["live_photo"]["file_id"],
        photo=sent.raw["photo"][-1]["file_id"],
    )
    copied = await api("copyMessage", chat_id=alice.id, from_chat_id=alice.id, message_id=sent.id)
    copy = await alice.chat.message(copied["message_id"])

    assert again["live_photo"]["file_id"] == sent.raw["live_photo"]["file_id"]
    assert again["photo"] == sent.raw["photo"]
    assert copy is not None
    assert (copy.raw["live_photo"], copy.raw["photo"]) == (
        sent.raw["live_photo"],
        sent.raw["photo"],
    )


async def test_live_photos_can_be_in_albums(api: Api, alice: User) -> None:
    sent = [one.raw for one in await alice.sends_album(["live_photo", "live_photo"])]
    media = [
        {
            "type": "live_photo",
            "media": one["live_photo"]["file_id"],
            "photo": one["photo"][-1]["file_id"],
        }
        for one in sent
    ]

    there = await api("sendMediaGroup", chat_id=alice.id, media=media)

    assert [one["live_photo"] for one in there] == [one["live_photo"] for one in sent]


async def test_a_rich_message_is_copied_as_it_is(api: Api, alice: User) -> None:
    blocks = [
        {"type": "heading", "text": "My order", "size": 2},
        {"type": "paragraph", "text": ["It is ", {"type": "bold", "text": "late"}]},
    ]
    sent = await alice.sends("rich_message", blocks=blocks)

    copied = await api("copyMessage", chat_id=alice.id, from_chat_id=alice.id, message_id=sent.id)
    copy = await alice.chat.message(copied["message_id"])

    assert copy is not None
    assert copy.raw["rich_message"] == {"blocks": blocks}


async def test_a_file_may_be_the_parameter_itself(api: Api, alice: User) -> None:
    await alice.writes("/start")

    answer = await upload(api, "sendDocument", {"chat_id": alice.id}, {"document": b"x"})

    assert answer["result"]["document"]["file_name"] == "document.bin"


async def test_file_ids_belong_to_one_bot(api: Api, alice: User) -> None:
    await alice.writes("/start")
    async with Sandbox(token="1000000002:other") as other:
        stranger = await other.client().user("Bob")
        foreign = (await stranger.sends_document()).raw["document"]["file_id"]

    assert await api.refused("sendDocument", chat_id=alice.id, document=foreign) == (
        400,
        "Bad Request: wrong file identifier/HTTP URL specified",
    )
    assert (await api.refused("getFile", file_id=foreign))[1] == "Bad Request: invalid file_id"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "there is no document in the request"),
        ("attach://nowhere", "there is no file with the name nowhere in the request"),
        ("https://example.org/a.pdf", "failed to get HTTP URL content"),
    ],
)
async def test_files_that_are_not_there(api: Api, alice: User, given: str, reason: str) -> None:
    await alice.writes("/start")

    refused = await api.refused("sendDocument", chat_id=alice.id, document=given)

    assert refused == (400, f"Bad Request: {reason}")


async def test_a_photo_is_no_document(api: Api, alice: User) -> None:
    photo = (await alice.sends_photo()).raw["photo"][0]["file_id"]

    assert (await api.refused("sendDocument", chat_id=alice.id, document=photo))[1] == (
        "Bad Request: can't use file of type Photo as Document"
    )


async def test_an_album_is_uploaded_and_stays_together(api: Api, alice: User) -> None:
    await alice.writes("/start")
    media = '[{"type":"photo","media":"attach://a","caption":"<b>x</b>","parse_mode":"HTML"},'
    media += '{"type":"video","media":"attach://b"}]'

    answer = await upload(
        api, "sendMediaGroup", {"chat_id": alice.id, "media": media}, {"a": b"1", "b": b"2"}
    )

    first, second = answer["result"]
    assert first["media_group_id"] == second["media_group_id"]
    assert first["caption_entities"] == [{"type": "bold", "offset": 0, "length": 1}]


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        (["photo"], "media group must include 2-10 items"),
        (["photo"] * 11, "media group must include 2-10 items"),
        (["photo", "document"], "can't use the media of the specified type in the album"),
    ],
)
async def test_albums_have_2_to_10_items_that_fit(
    api: Api, alice: User, kinds: list[str], reason: str
) -> None:
    await alice.writes("/start")
    media = [{"type": kind, "media": "x"} for kind in kinds]

    refused = await api.refused("sendMediaGroup", chat_id=alice.id, media=media)

    assert refused == (400, f"Bad Request: {reason}")


async def test_what_people_send_arrives_whole(api: Api, alice: User) -> None:
    for kind in FILE_METHODS:
        await alice.sends(kind, data=kind.encode())
    await alice.sends("venue", latitude=1, longitude=2, title="Here", address="There")
    await alice.sends("contact", phone_number="+1", first_name="Bob")

    messages = [update["message"] for update in await api("getUpdates")]

    for kind, message in zip([*FILE_METHODS, "venue", "contact"], messages, strict=True):
        assert kind in message


async def test_an_upload_is_of_the_kind_that_the_person_names(api: Api, alice: User) -> None:
    await alice.sends("video", name="film.webm", data=b"webm", mime_type="video/webm")
    await alice.sends("voice", data=b"wave", mime_type="audio/wav")
    await alice.sends("voice", data=b"ogg")

    film, wave, ogg = [update["message"] for update in await api.confirmed()]
    assert (film["video"]["mime_type"], film["video"]["file_name"]) == ("video/webm", "film.webm")
    assert wave["voice"]["mime_type"] == "audio/wav"
    assert ogg["voice"]["mime_type"] == "audio/ogg"
