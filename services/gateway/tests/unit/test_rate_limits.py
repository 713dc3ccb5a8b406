"""The limit on the rate of requests agrees with a bucket that is filled continuously."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rate_limits import LocalLimit, Policy

SECOND = 1_000_000


class Bucket:
    """The model: a quota that comes back evenly over its window."""

    def __init__(self, quota: int, window_seconds: int) -> None:
        self.quota = quota
        self.per_us = Fraction(quota, window_seconds * SECOND)
        self.left = Fraction(quota)
        self.at = 0

    def take(self, units: int, now: int) -> bool:
        self.left = min(Fraction(self.quota), self.left + (now - self.at) * self.per_us)
        self.at = now
        if units > self.left:
            return False
        self.left -= units
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


WINDOWS = st.sampled_from([(1, 1), (5, 1), (10, 60), (50, 2), (1000, 60)])
"""A unit comes back after a whole number of microseconds, so that the model is exact."""
REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(["alice", "bob"]),
        st.integers(1, 6),
        st.sampled_from([0, 1, 999, 60_000, SECOND, 7 * SECOND, 90 * SECOND]),
    ),
    max_size=60,
)


@given(WINDOWS, REQUESTS)
async def test_it_admits_what_the_model_admits_and_says_what_is_left(
    numbers: tuple[int, int], requests: list[tuple[str, int, int]]
) -> None:
    clock = Clock()
    policy = Policy("read", *numbers)
    limit = LocalLimit(policy, clock)
    buckets = {name: Bucket(*numbers) for name in ("alice", "bob")}
    for name, cost, pause in requests:
        clock.now += pause
        decision = await limit.charge(name, cost)
        bucket = buckets[name]
        assert decision.is_admitted == bucket.take(cost, clock.now)
        left = policy.state(decision).partition("r=")[2].partition(";")[0]
        assert int(left) == int(bucket.left)
        assert decision.ahead_us == (bucket.quota - bucket.left) / bucket.per_us


@given(WINDOWS, st.integers(1, 5))
async def test_a_refused_request_is_admitted_after_the_seconds_that_it_was_told(
    numbers: tuple[int, int], cost: int
) -> None:
    cost = min(cost, numbers[0])
    clock = Clock()
    policy = Policy("read", *numbers)
    limit = LocalLimit(policy, clock)
    while (decision := await limit.charge("alice", cost)).is_admitted:
        pass

    clock.now += policy.retry_seconds(decision, cost) * SECOND
    assert (await limit.charge("alice", cost)).is_admitted


async def test_the_number_of_callers_in_memory_is_bounded() -> None:
    limit = LocalLimit(Policy("read", 10, 60), Clock(), keys_max=100)
    for number in range(1_000):
        await limit.charge(str(number), 1)

    assert len(limit._recent) + len(limit._older) <= 100


async def test_a_caller_who_is_seen_keeps_its_count_when_others_are_forgotten() -> None:
    limit = LocalLimit(Policy("read", 10, 60), Clock(), keys_max=100)
    admitted = 0
    for number in range(1_000):
        await limit.charge(str(number), 1)
        if number % 25 == 0:
            admitted += (await limit.charge("alice", 1)).is_admitted

    assert admitted == 10


async def test_callers_who_have_their_whole_quota_are_forgotten() -> None:
    clock = Clock()
    limit = LocalLimit(Policy("read", 10, 60), clock)
    await limit.charge("alice", 1)
    for _ in range(2):
        clock.now += 60 * SECOND
        await limit.charge("bob", 1)

    assert "alice" not in {**limit._recent, **limit._older}


@pytest.mark.parametrize(("quota", "state"), [(10, '"read";r=7;t=18'), (3, '"read";r=0;t=60')])
async def test_the_state_is_what_the_draft_says(quota: int, state: str) -> None:
    policy = Policy("read", quota, 60)
    decision = await LocalLimit(policy, Clock()).charge("alice", 3)

    assert policy.text == f'"read";q={quota};w=60'
    assert policy.state(decision) == state
