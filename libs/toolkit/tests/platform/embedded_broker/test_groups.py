"""Consumer groups of the embedded broker, without a connection."""

import asyncio

from waybill_toolkit.platform.embedded_broker.groups import (
    ILLEGAL_GENERATION,
    INCONSISTENT_PROTOCOL,
    REBALANCE,
    UNKNOWN_MEMBER,
    Group,
    Joined,
    Synced,
    Times,
)

PATIENT = Times(session=30, rebalance=30)
IMPATIENT = Times(session=0.2, rebalance=0.2)
RANGE = {"range": b"topics"}


async def formed(group: Group, *times: Times) -> list[Joined]:
    """Let members join together; returns them in that order."""
    joined = await asyncio.gather(*(group.join("", each, RANGE) for each in times))
    assert [each.error for each in joined] == [0] * len(times)
    return joined


async def synced(group: Group, members: list[Joined]) -> list[Synced]:
    """Let the leader assign each member data with its name."""
    assignments = {each.member_id: each.member_id.encode() for each in members}
    return await asyncio.gather(
        *(
            group.sync(
                each.member_id,
                each.generation,
                assignments if each.member_id == each.leader else {},
            )
            for each in reversed(members)
        )
    )


async def test_members_that_come_together_share_as_their_leader_says() -> None:
    group = Group()
    first, second = members = await formed(group, PATIENT, PATIENT)
    assert {first.generation, second.generation} == {1}
    assert first.leader == second.leader == first.member_id
    assert {each.member_id: each.subscription for each in first.members} == {
        each.member_id: b"topics" for each in members
    }
    assert not second.members
    shares = await synced(group, members)
    assert [each.assignment.decode() for each in shares] == [second.member_id, first.member_id]
    assert group.heartbeat(second.member_id, 1) == 0


async def test_a_member_that_comes_later_makes_the_others_join_again() -> None:
    group = Group()
    [first] = members = await formed(group, PATIENT)
    await synced(group, members)

    async def join_again() -> Joined:
        assert group.heartbeat(first.member_id, 1) == REBALANCE
        # What was dealt with before may still be noted.
        assert group.refusal_of_commit(first.member_id, 1) == 0
        return await group.join(first.member_id, PATIENT, RANGE)

    second, again = await asyncio.gather(group.join("", PATIENT, RANGE), join_again())
    assert (again.generation, second.generation) == (2, 2)
    assert group.heartbeat(first.member_id, 1) == ILLEGAL_GENERATION
    assert group.refusal_of_commit(first.member_id, 1) == ILLEGAL_GENERATION


async def test_members_without_heartbeats_lose_their_partitions() -> None:
    group = Group()
    first, second = members = await formed(group, PATIENT, IMPATIENT)
    await synced(group, members)
    while not group.heartbeat(first.member_id, 1):
        await asyncio.sleep(0.05)
    alone = await group.join(first.member_id, PATIENT, RANGE)
    assert [each.member_id for each in alone.members] == [first.member_id]
    assert group.heartbeat(second.member_id, 1) == UNKNOWN_MEMBER
    assert group.refusal_of_commit(second.member_id, 1) == UNKNOWN_MEMBER


async def test_a_leader_that_is_gone_before_it_has_decided_is_replaced() -> None:
    group = Group()
    leader, other = await formed(group, PATIENT, PATIENT)

    async def leave() -> int:
        return group.leave(leader.member_id)

    waited, left = await asyncio.gather(group.sync(other.member_id, 1, {}), leave())
    assert (waited.error, left) == (REBALANCE, 0)
    again = await group.join(other.member_id, PATIENT, RANGE)
    assert again.leader == other.member_id


async def test_unknown_members_and_other_protocols_are_refused() -> None:
    group = Group()
    assert group.refusal_of_commit("", -1) == 0
    await formed(group, PATIENT)
    assert (await group.join("stranger", PATIENT, RANGE)).error == UNKNOWN_MEMBER
    assert (await group.join("", PATIENT, {"sticky": b""})).error == INCONSISTENT_PROTOCOL
    assert (await group.sync("stranger", 1, {})).error == UNKNOWN_MEMBER
    assert group.leave("stranger") == UNKNOWN_MEMBER
    assert group.refusal_of_commit("", -1) == UNKNOWN_MEMBER


async def test_an_empty_group_keeps_counting_its_generations() -> None:
    group = Group()
    [first] = await formed(group, PATIENT)
    group.leave(first.member_id)
    [second] = await formed(group, PATIENT)
    assert second.generation == 2


async def test_a_static_member_that_was_killed_takes_its_own_place_at_once() -> None:
    group = Group()
    killed = await group.join("", PATIENT, RANGE, "orders-0")
    await synced(group, [killed])

    async with asyncio.timeout(PATIENT.session / 2):  # its session would last for longer
        again = await group.join("", PATIENT, RANGE, "orders-0")

    assert (again.generation, again.leader) == (2, again.member_id)
    assert [each.instance_id for each in again.members] == ["orders-0"]
    assert group.heartbeat(killed.member_id, 1) == UNKNOWN_MEMBER


async def test_a_static_member_does_not_take_the_place_of_another_one() -> None:
    group = Group()
    first, second = await asyncio.gather(
        group.join("", PATIENT, RANGE, "orders-0"), group.join("", PATIENT, RANGE, "orders-1")
    )
    assert {each.instance_id for each in first.members} == {"orders-0", "orders-1"}
    assert first.member_id != second.member_id
