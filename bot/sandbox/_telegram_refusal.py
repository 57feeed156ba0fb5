"""How the Bot API says no, and who the bot of the sandbox is."""

from typing import Any

BOT = {"id": 123456789, "is_bot": True, "first_name": "Order Status", "username": "order_status_bot"}


class Refused(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters
