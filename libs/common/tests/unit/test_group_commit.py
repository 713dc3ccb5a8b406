"""What is asked for while a round runs is done together in the next one."""

import asyncio
from collections.abc import Sequence

from waybill.group_commit import GroupCommit


class Work:
    """Doubles numbers, in rounds that end when the test permits it."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.begun = asyncio.Event()
        self.permits = asyncio.Semaphore(0)

    async def double(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.rounds.append(list(numbers))
        self.begun.set()
        await self.permits.acquire()
        if 13 in numbers:
            raise ValueError("all of this round")
        return [KeyError(number) if number == 7 else 2 * number for number in numbers]


async def test_one_that_comes_alone_does_not_wait() -> None:
    work = Work()
    together = GroupCommit(work.double)
    for _ in range(2):
        work.permits.release()
    assert [await together.do(1), await together.do(2)] == [2, 4]
    assert work.rounds == [[1], [2]]


async def together_behind_one(
    work: Work, together: GroupCommit[int, int], *numbers: int
) -> list[int | BaseException]:
    """Let these come while the round of a first one runs."""

    async def come() -> list[int | BaseException]:
        await work.begun.wait()
        asked = asyncio.gather(*map(together.do, numbers), return_exceptions=True)
        await asyncio.sleep(0)
        for _ in range(4):
            work.permits.release()
        return await asked

    _, results = await asyncio.gather(together.do(0), come())
    return results


async def test_those_that_come_meanwhile_share_the_next_round_in_their_order() -> None:
    work = Work()
    results = await together_behind_one(work, GroupCommit(work.double, most=3), 2, 3, 4, 5)
    assert results == [4, 6, 8, 10]
    assert work.rounds == [[0], [2, 3, 4], [5]]


async def test_an_error_of_one_is_its_own_and_an_error_of_the_round_is_everybodys() -> None:
    work = Work()
    six, seven = await together_behind_one(work, GroupCommit(work.double), 6, 7)
    assert six == 12
    assert isinstance(seven, KeyError)
    work = Work()
    failed = await together_behind_one(work, GroupCommit(work.double), 13, 2)
    assert [str(error) for error in failed] == ["all of this round"] * 2


async def test_other_items_are_processed_when_the_caller_that_runs_their_round_is_cancelled() -> (
    None
):
    work = Work()
    together = GroupCommit(work.double)
    async with asyncio.TaskGroup() as tasks:
        first, carrier, other = (tasks.create_task(together.do(number)) for number in (1, 2, 3))
        await work.begun.wait()
        work.permits.release()
        while len(work.rounds) < 2:
            await asyncio.sleep(0)
        carrier.cancel()
        work.permits.release()
    assert carrier.cancelled()
    assert (first.result(), other.result()) == (2, 6)
    assert work.rounds == [[1], [2, 3], [3]]
