"""Sagas: a chain of steps that other services carry out, and what undoes them, written as data.

    forward    reserve-stock --> authorize-payment --> commit-stock --> capture-payment --> done
                    |refused           |refused, or no answer in time        |
    backward        v                  v                                     v cancelled
               (nothing to undo)   undo what may have been done, last step first --> undone

`definition` says what a saga is, `advance` how one moves (pure, no I/O), `subjects` what a service
says of the things its sagas are about, `engine` keeps the sagas of a service in its database. After
Garcia-Molina and Salem, "Sagas" (SIGMOD 1987).
"""

from waybill.saga.advance import CANCELLED, Move, Position, Signal, advance
from waybill.saga.definition import Compensation, Reason, Saga, Step
from waybill.saga.engine import Sagas
from waybill.saga.subjects import SagaStart, SagaStore, SagaTransition

__all__ = [
    "CANCELLED",
    "Compensation",
    "Move",
    "Position",
    "Reason",
    "Saga",
    "SagaStart",
    "SagaStore",
    "SagaTransition",
    "Sagas",
    "Signal",
    "Step",
    "advance",
]
