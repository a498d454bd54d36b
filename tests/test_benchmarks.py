"""`make bench` works; how fast anything is, no test asks."""

import asyncio

import pytest

from benchmarks import __main__ as benchmarks


async def test_every_load_can_be_put_on_both_bots(capsys: pytest.CaptureFixture[str]) -> None:
    async with asyncio.timeout(50):
        await benchmarks.smoke()

    assert "out of order in the floods" in capsys.readouterr().out
