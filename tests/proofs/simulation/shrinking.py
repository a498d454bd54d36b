"""Shrinks a failing plan: leaves out operations as long as it still fails in the same way."""

from collections.abc import Callable
from dataclasses import replace

from tests.proofs.simulation.script import Operation, Plan

# The most runs to spend on shrinking a plan.
MOST_RUNS = 300


def kind(finding: str) -> str:
    """Give the kind of failure: the first word of a finding."""
    return finding.partition(":")[0].partition(" ")[0]


def shrink(plan: Plan, fails: Callable[[Plan], bool], most: int = MOST_RUNS) -> Plan:
    """Leave out halves, quarters and so on, then single operations (Zeller's ddmin)."""
    runs = 0
    size = max(1, len(plan.operations) // 2)
    while runs < most:
        smaller = False
        start = 0
        while start < len(plan.operations) and runs < most:
            candidate = _without(plan, plan.operations[start : start + size])
            runs += 1
            if fails(candidate):
                plan, smaller = candidate, True
            else:
                start += size
        if size == 1 and not smaller:
            break
        size = max(1, size // 2)
    return plan


def _without(plan: Plan, left_out: tuple[Operation, ...]) -> Plan:
    kept = tuple(one for one in plan.operations if one not in left_out)
    return replace(plan, operations=kept)
