"""How long to wait before trying again."""

from hashlib import blake2b


def jitter(seed: str) -> float:
    """A number in [0, 1) that is always the same for a seed: spreads without randomness."""
    return int.from_bytes(blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big") / 2**32


def backoff(attempt: int, *, base: float, cap: float, seed: str) -> float:
    """Seconds after attempt `attempt` (from 1): `base`, doubled each time up to `cap`; the last half is jittered."""
    full = min(cap, base * 2.0 ** min(max(attempt - 1, 0), 30))
    return full * (0.5 + 0.5 * jitter(f"{seed}/{attempt}"))
