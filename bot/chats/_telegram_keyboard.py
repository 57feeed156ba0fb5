"""Buttons under a message in Telegram."""

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.model.command import Button

_ROW = 32
"""Characters of labels that stand readably in one row of a phone."""


def keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Buttons in rows, as many in each as can be read; None where there are none."""
    rows: list[list[InlineKeyboardButton]] = []
    taken = _ROW
    for button in buttons:
        if taken + len(button.label) > _ROW:
            rows.append([])
            taken = 0
        rows[-1].append(InlineKeyboardButton(button.label, callback_data=button.key))
        taken += len(button.label)
    return InlineKeyboardMarkup(rows) if rows else None
