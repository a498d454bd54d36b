"""Where the suite's searches begin: elsewhere with each change of the code, and never by chance.

So a change is tried on lives and updates that were not tried before, and whoever runs its tests
again, here or in CI, sees the same. `make simulate` and `make fuzz` begin anywhere.
"""

import hashlib
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SEARCHES = ("tests/proofs/fuzzing", "tests/proofs/simulation")
CODE = ("bot", "core", "database", "sandbox", "services", *SEARCHES)


@cache
def first_seed() -> int:
    """Make a number below 1,000,000,000 out of all the code that the searches run."""
    digest = hashlib.sha256()
    for folder in CODE:
        for path in sorted((PROJECT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:8]) % 10**9
