"""What was missed while a source did not answer is looked at first once it does; only then its outage is over."""

from bot.loops.ledger import Ledger
from bot.model.poll import Scope
from bot.ports import Clock

Job = str | Scope
"""Look at the order with this key, or sweep this listing."""


class CatchUp:
    """Counts what is left, for one source. Costs next to nothing while it is well."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self.at_work: set[Job] = set()
        """What is being done: kept by whoever does it."""
        self._failed: set[Job] = set()
        """What could not be read, and was not read since."""
        self._left: set[Job] | None = None
        """What has to be looked at still; None: not catching up."""

    def failed(self, job: Job) -> None:
        """The source did not answer well about this: it is done for now, and missed until it does."""
        self._failed.add(job)
        if self._left is not None:
            self._left.discard(job)

    async def answered(self, job: Job) -> None:
        """The source answered well about this."""
        self._failed.discard(job)
        ledger = self._ledger
        await ledger.condition.note_answered()
        if not ledger.health.is_catching_up:
            self._left = None
            return
        now = self._clock.monotonic()
        if self._left is None:
            for missed in filter(self._is_wanted, self._failed):
                put = ledger.agenda.put if isinstance(missed, str) else ledger.agenda.put_first
                put(missed, now)
            self._left = self.at_work | ledger.agenda.due_by(now)
        self._left.discard(job)
        if not self._left:
            # What a sweep has found meanwhile waits in the lane for what cannot wait.
            self._left = {urgent for urgent in ledger.agenda.due_by(now) if ledger.agenda.is_urgent(urgent)}
        if not self._left:
            await self.seen_whole()

    async def seen_whole(self) -> None:
        """Everything that was missed has been looked at, so far as there was anything to catch up with."""
        if self._ledger.health.is_catching_up:
            await self._ledger.condition.note_answered(caught_up=True)
            self._left = None

    def _is_wanted(self, job: Job) -> bool:
        ledger = self._ledger
        if isinstance(job, Scope):
            return True
        return job in ledger.states and ledger.book.follows(ledger.states[job])
