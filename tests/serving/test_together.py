"""Who asks while a pass is under way shares the next one, and one that cannot be answered costs the others nothing."""

import asyncio
from collections.abc import Sequence

import pytest

from serving.together import Together


async def test_those_who_come_during_a_pass_share_the_next_one() -> None:
    passes: list[list[str]] = []

    async def answer_all(asked: Sequence[str]) -> list[str]:
        passes.append(list(asked))
        await asyncio.sleep(0.02)
        return [one.upper() for one in asked]

    together = Together(answer_all)
    first = [asyncio.create_task(together(name)) for name in "ab"]
    await asyncio.sleep(0.01)
    meanwhile = [asyncio.create_task(together(name)) for name in "cde"]
    await asyncio.sleep(0)
    meanwhile[1].cancel()  # who has gone is answered to nobody

    said = await asyncio.gather(*first, *meanwhile, return_exceptions=True)
    assert [one for one in said if isinstance(one, str)] == ["A", "B", "C", "E"]
    assert passes == [["a", "b"], ["c", "d", "e"]]
    assert await together("f") == "F"


async def test_one_that_cannot_be_answered_costs_the_others_nothing() -> None:
    async def answer_all(asked: Sequence[int]) -> list[float]:
        await asyncio.sleep(0)
        return [1 / one for one in asked]

    together = Together(answer_all)
    said = await asyncio.gather(*(together(one) for one in (1, 0, 2)), return_exceptions=True)
    assert (said[0], said[2]) == (1.0, 0.5)
    assert isinstance(said[1], ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        await together(0)
    assert await together(4) == 0.25
