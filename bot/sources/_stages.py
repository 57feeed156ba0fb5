"""From a source's status words to stages: the operator's table first, then known words, then unknown."""

import re
from collections.abc import Mapping

from bot.model.order import Stage, Status, normal_word

_WORDS: tuple[tuple[Stage, str], ...] = (
    # Order matters: the first pattern that is found in the normalised text wins.
    (Stage.CANCELLED, r"cancel|annul|geannuleerd|storni|rejected|voided|cancelad"),
    (
        Stage.PARTLY_SHIPPED,
        r"part\w* (ship|deliver|dispatch|fulfill|livr|exp|geleverd|verz)|teilgeliefert|part shipped",
    ),
    (Stage.PLACED, r"not (yet )?(ship|deliver|started|processed)|unfulfilled"),
    (Stage.ON_HOLD, r"on hold|held|blocked|suspend|bloqu|gesperrt|geblokkeerd|en attente|failed|exception"),
    (Stage.SHIPPED, r"out for delivery|in transit|ready for pickup|en transit|unterwegs|onderweg"),
    (
        Stage.COMPLETED,
        r"deliver|complete|closed|fulfilled|refund|return|exchanged|livre|termine|geleverd|geliefert|afgerond",
    ),
    (Stage.SHIPPED, r"shipped|dispatched|sent|expedie|versandt|verzonden|goods issue"),
    (
        Stage.IN_PROGRESS,
        r"process|production|progress|picking|packing|packed|prepar|label created|allocat|manufactur|en cours"
        r"|in bearbeitung|in behandeling",
    ),
    (Stage.CONFIRMED, r"confirm|accepted|acknowledg|approved|bestatigt|bevestigd|scheduled"),
    (Stage.PLACED, r"placed|pending|open|new|created|received|draft|submitted|registered|booked|neu|nieuw|ouvert"),
)
_PATTERNS = tuple((stage, re.compile(rf"\b(?:{words})")) for stage, words in _WORDS)
_ACCENTS = str.maketrans("éèêëàâäîïôöùûüç", "eeeeaaaiioouuuc")


def status_of(code: str | None, text: str | None, table: Mapping[str, Stage]) -> Status | None:
    """The Status of a code and a text, either of which may be missing; None where both are.

    `table` is the operator's own reading, by code or text in any case; it goes before the words we know.
    """
    code = code.strip() or None if code else None
    text = text.strip() or None if text else None
    if code is None and text is None:
        return None
    return Status(code=code, text=text, stage=_stage(code, text, table))


def _stage(code: str | None, text: str | None, table: Mapping[str, Stage]) -> Stage:
    words = [normal_word(word) for word in (code, text) if word]
    own = {normal_word(word): stage for word, stage in table.items()}
    for word in words:
        if word in own:
            return own[word]
    for word in reversed(words):
        plain = word.translate(_ACCENTS)
        for stage, pattern in _PATTERNS:
            if pattern.search(plain):
                return stage
    return Stage.UNKNOWN
