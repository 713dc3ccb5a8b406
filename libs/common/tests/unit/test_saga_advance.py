"""How a saga moves. The saga here has every kind of step: undoable, refusable, repeated."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from pydantic import BaseModel

from waybill.saga import (
    CANCELLED,
    Compensation,
    Move,
    Position,
    Reason,
    Saga,
    Signal,
    Step,
    advance,
)
from waybill.saga.advance import TIMED_OUT, begin


class Command(BaseModel):
    text: str


class Reserved(BaseModel): ...


class Refused(BaseModel): ...


class Released(BaseModel): ...


class Held(BaseModel): ...


class Declined(BaseModel): ...


class Voided(BaseModel): ...


class Captured(BaseModel): ...


MINUTE = timedelta(minutes=1)


def _says(text: str) -> Any:
    return lambda subject: Command(text=f"{text} {subject}")


TRIP: Saga[str, Command] = Saga(
    "trip",
    1,
    (
        Step(
            name="reserve",
            command=_says("reserve"),
            done=Reserved,
            refused=Refused,
            reason=lambda _: Reason("full", "no seat"),
            deadline=MINUTE,
            compensation=Compensation(command=_says("release"), done=(Released,), deadline=MINUTE),
        ),
        Step(
            name="hold",
            command=_says("hold"),
            done=Held,
            refused=Declined,
            reason=lambda _: Reason("declined", "no money"),
            deadline=MINUTE,
            compensation=Compensation(command=_says("void"), done=(Voided,), deadline=MINUTE),
        ),
        Step(name="capture", command=_says("capture"), done=Captured, deadline=MINUTE),
    ),
)

TRIGGERS: tuple[BaseModel | Signal, ...] = (
    Reserved(),
    Refused(),
    Released(),
    Held(),
    Declined(),
    Voided(),
    Captured(),
    Signal.DEADLINE,
    Signal.CANCEL,
)


def _run(*triggers: BaseModel | Signal) -> tuple[Position, list[str]]:
    """Feed a history to a new saga; returns where it ends and the commands it sent."""
    move: Move[str, Command] | None = begin(TRIP)
    sent: list[str] = []
    at = Position("forward", 0)
    for what in (None, *triggers):
        move = begin(TRIP) if what is None else advance(TRIP, at, what)
        if move is None:
            continue
        at = move.position
        if move.command is not None:
            sent.append(move.command("x").text)
    return at, sent


def test_steps_follow_each_other_when_each_is_done() -> None:
    at, sent = _run(Reserved(), Held(), Captured())

    assert at.direction == "completed"
    assert sent == ["reserve x", "hold x", "capture x"]


def test_nothing_is_compensated_when_the_first_step_is_refused() -> None:
    at, sent = _run(Refused())

    assert at == Position("compensated", 0, Reason("full", "no seat"))
    assert sent == ["reserve x"]


def test_only_earlier_steps_are_compensated_when_a_step_is_refused() -> None:
    at, sent = _run(Reserved(), Declined(), Released())

    assert at == Position("compensated", 0, Reason("declined", "no money"))
    assert sent == ["reserve x", "hold x", "release x"]


def test_the_step_itself_is_compensated_too_when_it_times_out() -> None:
    at, sent = _run(Reserved(), Signal.DEADLINE, Voided(), Released())

    assert at == Position("compensated", 0, TIMED_OUT)
    assert sent == ["reserve x", "hold x", "void x", "release x"]


def test_a_step_that_cannot_be_refused_is_sent_again_when_its_answer_does_not_come() -> None:
    at, sent = _run(Reserved(), Held(), Signal.DEADLINE, Signal.DEADLINE, Captured())

    assert at.direction == "completed"
    assert sent[2:] == ["capture x"] * 3


def test_an_undoing_is_sent_again_when_its_answer_does_not_come() -> None:
    at, sent = _run(Reserved(), Declined(), Signal.DEADLINE, Released())

    assert at.direction == "compensated"
    assert sent[2:] == ["release x", "release x"]


def test_all_steps_are_compensated_when_a_completed_saga_is_cancelled() -> None:
    at, sent = _run(Reserved(), Held(), Captured(), Signal.CANCEL, Voided(), Released())

    assert at == Position("compensated", 0, CANCELLED)
    assert sent[3:] == ["void x", "release x"]


def test_the_reason_stays_the_first_one_when_a_saga_going_back_is_cancelled() -> None:
    at, _ = _run(Reserved(), Declined(), Signal.CANCEL, Released())

    assert at.reason == Reason("declined", "no money")


@pytest.mark.parametrize("late", [Reserved(), Held(), Captured()])
def test_a_late_answer_moves_nothing_when_the_saga_goes_back(late: BaseModel) -> None:
    going_back = Position("compensating", 1, TIMED_OUT)

    assert advance(TRIP, going_back, late) is None


def test_a_compensated_saga_never_moves() -> None:
    assert [
        advance(TRIP, Position("compensated", 0, TIMED_OUT), trigger) for trigger in TRIGGERS
    ] == [None] * len(TRIGGERS)


def test_every_story_of_five_signals_keeps_to_the_steps_and_can_still_end() -> None:
    """All 59,049 stories: never a move out of range, and from each point the way out is open."""
    wayout = (Voided(), Released(), Reserved(), Held(), Captured(), Signal.CANCEL)
    for history in product(TRIGGERS, repeat=5):
        at, sent = _run(*history)
        assert 0 <= at.index <= len(TRIP.steps)
        assert sent.count("capture x") == 0 or "hold x" in sent
        for _ in range(4):
            for trigger in wayout[:-1]:
                move = advance(TRIP, at, trigger)
                at = move.position if move else at
        assert at.ended, (history, at)


def test_a_saga_is_refused_when_two_steps_have_one_name() -> None:
    with pytest.raises(ValueError, match="name of its own"):
        Saga("twice", 1, (TRIP.steps[0], TRIP.steps[0]))


def test_a_step_is_refused_when_its_refusal_has_no_reason() -> None:
    with pytest.raises(ValueError, match="go together"):
        Step(name="s", command=_says("s"), done=Held, refused=Declined, deadline=MINUTE)
