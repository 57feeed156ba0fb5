"""What ports.Chat promises of files, held against every file in bot/chats/."""

import pytest

from bot.errors import CannotLookBack, ChatBusy, ChatUnreachable, SendUnclear
from bot.model.message import Attachment, Message
from bot.model.sending import Part
from tests.chats.harness import message
from tests.contracts.chat_scene import SINCE, WITH_SERVER, Scene, every_chat, every_server

PICTURE = Attachment(
    name="open-orders.png",
    media_type="image/png",
    data=b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (320).to_bytes(4) + (200).to_bytes(4) + b"pixels",
    alt="Open orders by age: 3 confirmed <!channel> @alice & <b>2</b> late",
)
TABLE = Attachment(name="orders.txt", media_type="text/plain", data=b"45001234\n", alt="The orders")


def with_file(file: Attachment = PICTURE) -> Message:
    return message("3 orders").model_copy(update={"attachment": file})


def file_part(scene: Scene, file: Attachment = PICTURE, *, repeated: bool = False) -> Part:
    return scene.chat.compose(with_file(file), scene.place, repeated=repeated)[-1]


async def share(scene: Scene, file: Attachment = PICTURE, key: str = "k", under: str | None = None) -> str:
    return await scene.chat.send(file_part(scene, file), scene.place, key=key, under=under)


def test_a_file_survives_the_store() -> None:
    assert Message.model_validate_json(with_file().model_dump_json()) == with_file()


@every_chat
async def test_a_file_is_a_part_of_its_own_behind_words_that_say_everything(scene: Scene) -> None:
    words, file = scene.chat.compose(with_file(), scene.place)
    assert words == scene.chat.compose(message("3 orders"), scene.place)[0]
    assert file.file == PICTURE


@every_chat
async def test_a_repeat_says_so_beside_the_file_too(scene: Scene) -> None:
    assert file_part(scene, repeated=True).plain == file_part(scene).plain + " (may be a repeat)"


@every_chat
async def test_words_beside_a_file_are_never_too_many(scene: Scene) -> None:
    long = PICTURE.model_copy(update={"alt": "many 🏷️ words " * 400})
    assert await share(scene, long)


@every_chat
async def test_a_file_sent_has_an_id(scene: Scene) -> None:
    assert await share(scene) != await share(scene, TABLE, key="other")


@every_chat
async def test_a_file_can_be_found_or_the_chat_says_that_it_cannot(scene: Scene) -> None:
    await share(scene, key="other")
    try:
        assert await scene.chat.find(scene.place, key="mine", since=SINCE) is None
    except CannotLookBack:
        return
    await share(scene, key="mine")
    assert await scene.chat.find(scene.place, key="mine", since=SINCE)


@every_server
@pytest.mark.parametrize("file", [PICTURE, TABLE], ids=["picture", "text"])
async def test_people_see_the_file_and_what_it_shows(scene: Scene, file: Attachment) -> None:
    await share(scene, file)
    shown = scene.twin.accepted[0]
    assert shown.file is not None
    assert (shown.file.data, shown.text.replace("\u2060", "")) == (file.data, file.alt)
    assert scene.twin.pings == []
    assert scene.twin.violations == []


@every_server
async def test_a_file_stands_under_its_message(scene: Scene) -> None:
    parent = await scene.send(key="parent")
    await share(scene, under=parent)
    assert [one.under for one in scene.twin.accepted] == [None, parent]


@every_server
async def test_a_file_whose_answer_is_lost_is_unclear_and_not_repeated(scene: Scene) -> None:
    scene.twin.pass_by(scene.twin.calls_before_a_file)
    scene.twin.drop_after()
    with pytest.raises(SendUnclear):
        await share(scene)
    assert len(scene.twin.accepted) == 1


@pytest.mark.parametrize("scene", ["slack"], indirect=True)
async def test_a_lost_answer_before_anybody_can_see_the_file_is_no_doubt(scene: Scene) -> None:
    scene.twin.drop_after()
    with pytest.raises(ChatUnreachable):
        await share(scene)
    assert await share(scene)
    assert len(scene.twin.accepted) == 1


@every_server
async def test_a_request_to_wait_with_a_file_is_passed_on_exactly(scene: Scene) -> None:
    scene.twin.rate_limit(1, seconds=17)
    with pytest.raises(ChatBusy) as caught:
        await share(scene)
    assert caught.value.retry_after == 17


@every_server
async def test_for_a_file_that_is_not_taken_its_words_are_sent(scene: Scene) -> None:
    scene.twin.refuse_message()
    await share(scene)
    shown = scene.twin.accepted[0]
    assert shown.file is None
    assert shown.text.replace("\u2060", "").startswith(PICTURE.alt)
    assert "not shown" in shown.text


@every_server
async def test_a_place_that_takes_no_files_is_told_in_words_what_is_missing(scene: Scene) -> None:
    scene.twin.take_words_only()
    await share(scene)
    assert "not shown" in scene.twin.accepted[0].text
    assert any(hint in scene.twin.accepted[0].text for hint in ("files:write", "not enough rights"))


def test_chats_with_files_have_twins() -> None:
    assert set(WITH_SERVER) == {"slack", "telegram"}
