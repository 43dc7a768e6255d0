"""One pass over everybody who asks while the last pass is under way: what a pass costs by itself is then shared."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Asks `answer_all` for one at a time, or for many where many came meanwhile; nobody waits for company.

    Args:
        answer_all: the answers to all that is asked, in its order. Where it raises, each is asked for again by itself, so that
            one that cannot be answered costs the others nothing.
    """

    def __init__(self, answer_all: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]]) -> None:
        self._answer_all = answer_all
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._passing: asyncio.Task[None] | None = None

    async def __call__(self, asked: Asked) -> Answer:
        """The answer, or what `answer_all` raises for this one."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._passing is None:
            self._passing = asyncio.create_task(self._pass())
        return await answer

    async def _pass(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                await self._answer(waiting)
        finally:
            self._passing = None

    async def _answer(self, waiting: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            found = await self._answer_all([asked for asked, _ in waiting])
        except Exception as error:
            if len(waiting) > 1:
                for one in waiting:
                    await self._answer([one])
            elif not waiting[0][1].done():
                waiting[0][1].set_exception(error)
            return
        for (_, answer), said in zip(waiting, found, strict=True):
            if not answer.done():  # who asked may have gone
                answer.set_result(said)
