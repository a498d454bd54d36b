"""How long to wait before Telegram is asked again, so that its return is noticed at once."""

import random

# The longest wait after no answer, in seconds.
LONGEST = 3.0


def after(failures: int) -> float:
    """Give the seconds to wait after so many failures in a row; a part of it is chance."""
    longest = min(2.0 ** min(failures, 16) / 4, LONGEST)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - not a secret
