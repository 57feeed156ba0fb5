"""Who takes care of an order: what may follow ack, assign and unassign."""

from bot.core.command_arguments import LONGEST_NAME, Members, names_of, source_at, source_of_words, taken_off
from bot.core.command_words import Misunderstood, Words


def acknowledging(words: Words) -> Members:
    """`45001234 at panels note they send it again`."""
    words, note = words.split_at("note")
    members = unassigning(words)
    if note is None:
        return members
    noted = " ".join(note.texts)
    if not noted:
        raise Misunderstood("What shall I note? The words after “note” are missing.")
    if len(noted) > LONGEST_NAME:
        raise Misunderstood(f"I can remember a note of up to {LONGEST_NAME} characters.")
    return {**members, "note": noted}


def assigning(words: Words) -> Members:
    """`45001234 me`, `45001234 to @U0123456789`."""
    members = taken_off(words, _whom, source_at, source_of_words)
    if "person" not in members and len(words.texts) > 1:
        members["person"] = words.texts.pop()
    words.drop_last("to")
    if "person" not in members:
        raise Misunderstood("To whom? Say “me”, or name a person of this chat with @ in front.")
    return {**members, "names": names_of(words)}


def unassigning(words: Words) -> Members:
    """`45001234 at panels`."""
    members = taken_off(words, source_at, source_of_words)
    return {"names": names_of(words), **members}


def _whom(words: Words) -> Members | None:
    if words.drop_last("me"):
        words.drop_last("to")
        return {"person": "me", "for_me": True}
    if words and words.last.startswith("@"):
        person = words.texts.pop()
        words.drop_last("to")
        return {"person": person}
    return None
