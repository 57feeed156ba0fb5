"""Where a sweep of one country stands: which orders it showed, and whether there is another page to ask for.

Pure. A page past the end repeats the last one instead of failing, totals may be missing, and orders shift between
pages while one reads; so the end is told from several signs, and a sweep that cannot be complete is an error.
"""

from bot.errors import AnswerUnreadable
from bot.model.poll import KnownPages, Listed, Page, raw_digest
from bot.sources._schneider_parse import Reader
from bot.sources._schneider_shapes import Found

MAX_PAGES = 10_000
"""Pages of one country. A search that goes on for longer does not page at all."""

_NUMBERS_OF_A_COUNTRY = 100_000
"""Page numbers are unique in a whole sweep: the country's place in the settings times this, plus its own number."""


class CountrySweep:
    """One country's pages, in turn. `page` is the next one to ask for until `is_done`."""

    def __init__(self, reader: Reader, source: str, country: str, place: int, *, is_last_country: bool) -> None:
        self._reader = reader
        self._source = source
        self._country = country
        self._first_number = place * _NUMBERS_OF_A_COUNTRY
        self._is_last_country = is_last_country
        self._seen: dict[str, bytes | None] = {}
        self._more_promised = False
        self.page = 1
        self.is_done = False
        self.announced = 0
        """The last page there is, as far as the answers taken so far told: all up to it may be asked for at once."""

    def take(self, body: bytes, known: KnownPages, asked: str) -> Page:
        """The next page of the sweep, from its answer. Only an answer that is not the known one is read.

        Raises AnswerUnreadable, also when the source repeats itself before it has shown all it counts.
        """
        number, digest = self._first_number + self.page, raw_digest(body)
        same = known.get(number)
        if same is None or same.digest != digest:
            found = self._reader.shapes.found(body, asked)
            listed = self._new_rows(found)
            keys = tuple(f"{self._country}/{row}" for row in found.rows)
            adds = self._note(keys, {row.key: row.digest for row in listed})
            return self._page(digest, keys, listed, is_end=self._ends(found, adds, asked))
        adds = self._note(same.keys, {})
        if same.is_last:
            return self._page(digest, same.keys, None, is_end=True)
        if adds and number + 1 in known:
            self._more_promised = True
            self.announced = self.page + 1
            return self._page(digest, same.keys, None, is_end=False)
        return self._page(
            digest, same.keys, None, is_end=self._ends(self._reader.shapes.found(body, asked), adds, asked)
        )

    def take_nothing(self, body: bytes, asked: str) -> Page:
        """The end of the sweep, from an answer that says: no orders. Raises AnswerUnreadable if more were announced."""
        if self._more_promised:
            raise AnswerUnreadable(self._source, asked, "came no orders where another page was announced")
        return self._page(raw_digest(body), (), (), is_end=True)

    def _new_rows(self, found: Found) -> tuple[Listed, ...]:
        """The rows that this sweep has not shown yet exactly as they are."""
        listed: list[Listed] = []
        for number, row in found.rows.items():
            key, digest = f"{self._country}/{number}", raw_digest(row.content)
            if self._seen.get(key) != digest:
                order = self._reader.header(key, row.members)
                listed.append(Listed(key=key, digest=digest, order=order, row=row.content))
        return tuple(listed)

    def _note(self, keys: tuple[str, ...], digests: dict[str, bytes]) -> bool:
        """Remember what was shown. Whether any order is new to this sweep."""
        before = len(self._seen)
        for key in keys:
            self._seen[key] = digests.get(key, self._seen.get(key))
        return len(self._seen) > before

    def _ends(self, found: Found, adds: bool, asked: str) -> bool:
        shown = found.page or self.page
        says_last = found.pages is not None and shown >= found.pages
        self.announced = min(found.pages or 0, MAX_PAGES)
        if adds and shown == self.page and self.page < MAX_PAGES:
            self._more_promised = found.pages is not None and not says_last
            return says_last
        if adds and self.page >= MAX_PAGES and not says_last:
            raise AnswerUnreadable(self._source, asked, f"came page {MAX_PAGES} and no end; narrow it with where")
        lacking = (found.records or 0) - len(self._seen)
        if lacking > 0 and not (says_last and self._seen):
            came = f"came page {shown} with nothing new, though {lacking} of {found.records} orders were not shown yet"
            raise AnswerUnreadable(self._source, asked, came)
        return True

    def _page(self, digest: bytes, keys: tuple[str, ...], listed: tuple[Listed, ...] | None, *, is_end: bool) -> Page:
        number = self._first_number + self.page
        self.page += 1
        self.is_done = is_end
        return Page(number, digest, keys, listed, is_last=is_end and self._is_last_country)
