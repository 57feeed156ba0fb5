"""How the work is cut into leases. What shares a rate limit is in one lease, so its budget is one process's own."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from hashlib import sha256
from zlib import crc32

from bot.model.lease import Lease

POLLERS = 256
"""At most so many leases hold sources, however many there are: what an engine does grows no further."""


def everything(sources: Collection[str], chats: Collection[str]) -> Lease:
    """All there is to do, for one process alone."""
    return Lease("everything", tuple(sources), tuple(chats), has_strays=True, keeps_house=True)


def shards(sources: Collection[str], chats: Collection[str], *, pollers: int = POLLERS) -> list[Lease]:
    """The same in parts that many processes can share. A source is always in the lease of the same name.

    Sending and listening of a chat stay together: its bot has one set of limits. The house is one more lease.
    """
    by_shard: defaultdict[int, list[str]] = defaultdict(list)
    for source in sorted(sources):
        by_shard[crc32(source.encode()) % pollers].append(source)
    first_chat = min(chats, default=None)
    return [
        *(Lease(f"poll {number}", sources=tuple(names)) for number, names in sorted(by_shard.items())),
        *(Lease(f"chat {chat}", chats=(chat,), has_strays=chat == first_chat) for chat in sorted(chats)),
        Lease("house", keeps_house=True),
    ]


def fingerprints(leases: Iterable[Lease]) -> dict[str, str]:
    """For each lease by name, what is the same wherever the same sources are in it."""
    return {lease.name: sha256(repr(lease.sources).encode()).hexdigest()[:8] for lease in leases}
