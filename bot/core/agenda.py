"""What is due: a queue by time, with a lane for what cannot wait."""

import heapq
import itertools
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Job = TypeVar("Job", bound=Hashable)
_Entry = tuple[float, int, Job]
"""When it is due, a number that tells equals apart, and what."""


class Agenda(Generic[Job]):
    """Each job stands in it at most once. Times are monotonic seconds, handed in."""

    def __init__(self) -> None:
        self._due: dict[Job, float] = {}
        self._first_due: dict[Job, float] = {}
        """Apart: one key that is no text makes a dict of a million texts take twice the room, all at once."""
        self._first: list[_Entry[Job]] = []
        self._heap: list[_Entry[Job]] = []
        self._lanes = ((self._first, self._first_due), (self._heap, self._due))
        self._urgent: deque[Job] = deque()
        self._count = itertools.count()

    def __len__(self) -> int:
        """How many jobs it holds."""
        return len(self._due) + len(self._first_due)

    def put(self, job: Job, due: float) -> None:
        """Note a job for a time; one that is already noted moves there."""
        self._first_due.pop(job, None)
        self._due[job] = due
        heapq.heappush(self._heap, (due, next(self._count), job))

    def put_first(self, job: Job, due: float) -> None:
        """Note a job for a time, to go then ahead of what is due longer."""
        self._due.pop(job, None)
        self._first_due[job] = due
        heapq.heappush(self._first, (due, next(self._count), job))

    def put_urgent(self, job: Job) -> None:
        """Note a job for now, ahead of everything that is due."""
        self._first_due.pop(job, None)
        self._due[job] = float("-inf")
        self._urgent.append(job)

    def hasten(self, now: float) -> None:
        """Let the next job be due now, if there is one."""
        self._skip_moved()
        if self._heap and self._heap[0][0] > now:
            self.put(self._heap[0][2], now)

    def due_by(self, now: float) -> set[Job]:
        """Everything that is due."""
        return {job for noted in (self._first_due, self._due) for job, due in noted.items() if due <= now}

    def drop(self, job: Job) -> None:
        """Forget a job."""
        self._first_due.pop(job, None)
        self._due.pop(job, None)

    def pop(self, now: float) -> Job | None:
        """The next job that is due, taken out; None if none is."""
        while self._urgent:
            job = self._urgent.popleft()
            if self._due.get(job) == float("-inf"):
                del self._due[job]
                return job
        self._skip_moved()
        for heap, noted in self._lanes:
            if heap and heap[0][0] <= now:
                _, _, job = heapq.heappop(heap)
                del noted[job]
                return job
        return None

    def due(self, job: Job) -> float | None:
        """When a job is due; None if it is not noted."""
        return self._first_due.get(job, self._due.get(job))

    def is_urgent(self, job: Job) -> bool:
        """Whether it stands in the lane for what cannot wait."""
        return self._due.get(job) == float("-inf")

    def next_due(self) -> float | None:
        """When the next job is due; None if there is none."""
        if any(self._due.get(job) == float("-inf") for job in self._urgent):
            return float("-inf")
        self._skip_moved()
        return min((heap[0][0] for heap, _ in self._lanes if heap), default=None)

    def _skip_moved(self) -> None:
        for heap, noted in self._lanes:
            while heap and noted.get(heap[0][2]) != heap[0][0]:
                heapq.heappop(heap)
