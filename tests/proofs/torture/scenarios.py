"""Every scenario by its name."""

from tests.proofs.crash.forms import ALL
from tests.proofs.torture.answers import answers
from tests.proofs.torture.clock_steps import clock_steps
from tests.proofs.torture.databases import POSTGRESQL, SQLITE
from tests.proofs.torture.faults import faults
from tests.proofs.torture.kills import kills
from tests.proofs.torture.limits import limits
from tests.proofs.torture.migration import migration
from tests.proofs.torture.outside import outside_429
from tests.proofs.torture.poison import poison
from tests.proofs.torture.postgres_away import postgres_fails_over, postgres_stops
from tests.proofs.torture.run import Scenario
from tests.proofs.torture.second_process import second_process
from tests.proofs.torture.sqlite_away import (
    sqlite_full,
    sqlite_gone,
    sqlite_locked,
    sqlite_readonly,
)
from tests.proofs.torture.staff_chat import staff_chat_away

_ALL = (
    Scenario(kills, short_on=(SQLITE,), forms=ALL),
    Scenario(faults, speeds=(1, 4), forms=ALL),
    Scenario(limits, speeds=(5, 4), short_on=(SQLITE,), forms=ALL),
    Scenario(migration, forms=ALL),
    Scenario(clock_steps, speeds=(1, 1), short_on=(POSTGRESQL,)),
    Scenario(poison, speeds=(1, 1)),
    Scenario(answers, speeds=(20, 20)),
    Scenario(staff_chat_away, speeds=(20, 20), short_on=(SQLITE,), forms=ALL),
    Scenario(outside_429, speeds=(10, 20), short_on=(POSTGRESQL,)),
    Scenario(postgres_stops, (POSTGRESQL,)),
    Scenario(postgres_fails_over, (POSTGRESQL,)),
    Scenario(sqlite_full, (SQLITE,)),
    Scenario(sqlite_locked, (SQLITE,)),
    Scenario(sqlite_readonly, (SQLITE,)),
    Scenario(sqlite_gone, (SQLITE,)),
    Scenario(second_process, (SQLITE,)),
)

SCENARIOS = {scenario.name: scenario for scenario in _ALL}
