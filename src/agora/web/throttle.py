"""How often one source may ask for what costs us much and changes nothing; counted in this process alone."""

from collections import Counter
from threading import Lock

from agora.rules.limits import Rate

# A flood from more sources than this begins the count anew, rather than take all memory.
MOST_SOURCES = 100_000


class Throttle:
    """Deeds that write are counted in the database (actions/limits.py); a search must not cost a write."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._window = 0
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    def seconds_to_wait(self, source: str, seconds: int) -> int:
        """Count one more deed of this source at this moment (seconds since 1970); 0 if it is within the rate."""
        window = seconds - seconds % self._rate.seconds
        with self._lock:
            if window != self._window or len(self._counts) >= MOST_SOURCES:
                self._window = window
                self._counts.clear()
            self._counts[source] += 1
            is_within = self._counts[source] <= self._rate.count
        return 0 if is_within else window + self._rate.seconds - seconds
