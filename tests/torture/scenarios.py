"""Every scenario by its name."""

from tests.torture.answers import answers
from tests.torture.clock_steps import clock_steps
from tests.torture.databases import POSTGRESQL, SQLITE
from tests.torture.faults import faults
from tests.torture.kills import kills
from tests.torture.limits import limits
from tests.torture.migration import migration
from tests.torture.outside import outside_429
from tests.torture.poison import poison
from tests.torture.postgres_away import postgres_fails_over, postgres_stops
from tests.torture.run import Scenario
from tests.torture.second_process import second_process
from tests.torture.sqlite_away import sqlite_full, sqlite_gone, sqlite_locked, sqlite_readonly
from tests.torture.staff_chat import staff_chat_away

_ALL = (
    Scenario(kills, short_on=(SQLITE,)),
    Scenario(faults, speeds=(1, 4)),
    Scenario(limits, speeds=(5, 4), short_on=(SQLITE,)),
    Scenario(migration),
    Scenario(clock_steps, speeds=(1, 1), short_on=(POSTGRESQL,)),
    Scenario(poison, speeds=(1, 1)),
    Scenario(answers, speeds=(20, 20)),
    Scenario(staff_chat_away, speeds=(20, 20), short_on=(SQLITE,)),
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
