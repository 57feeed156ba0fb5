"""Buttons under a message in Slack."""

from collections.abc import Sequence
from typing import Any

from bot.model.command import Button

_LABEL = 75
"""Characters on a button (docs: button element)."""
_IN_A_ROW = 25
"""Buttons in one block (docs: actions block)."""


def rows(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    """The blocks that hold buttons; none where there are none."""
    elements = [
        {
            "type": "button",
            "action_id": f"press-{number}",
            "text": {"type": "plain_text", "text": _short(button.label), "emoji": True},
            "value": button.key,
        }
        for number, button in enumerate(buttons)
    ]
    starts = range(0, len(elements), _IN_A_ROW)
    return [{"type": "actions", "elements": elements[start : start + _IN_A_ROW]} for start in starts]


def _short(label: str) -> str:
    return label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"
