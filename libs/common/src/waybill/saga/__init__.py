"""Sagas: steps that other services carry out, and their compensations, declared as data.

    forward    reserve-stock --> authorize-payment --> commit-stock --> capture-payment --> done
                    |refused           |refused, or no answer in time        |
    compensating    v                  v                                     v cancelled
             (nothing to undo)   compensate what may be done, last step first --> compensated

`definition` declares a saga, `advance` computes its moves (pure, no I/O), `subjects` is the
interface that a service implements, `engine` stores the sagas of a service in its database. After
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
