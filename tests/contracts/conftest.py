"""The fixture of the contracts of chats."""

from tests.contracts.chat_scene import scene

__all__ = ["scene"]
