"""Draws the map of events: senders on the left, topics with their events, receivers on the right.

It is a self-contained SVG with light and dark colours and without scripts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from waybill_toolkit.contracts.reference.events import Event, Events, Topic
from waybill_toolkit.contracts.reference.html import render

WIDTH: Final = 760
"""As wide as the text of a page: scaled down, it could not be read."""
BOX: Final = 120
"""The width of a service's box."""
BOX_HEIGHT: Final = 44
CARD_X: Final = 215
CARD: Final = 330
HEAD: Final = 54
ROW: Final = 26
GAP: Final = 28
TOP: Final = 44

_GOLDEN_DEGREES: Final = 137.508
"""The step between hues: neighbours differ clearly for any number of services."""


@dataclass(frozen=True, slots=True)
class Row:
    """An event in its topic's card."""

    event: Event
    y: float


@dataclass(frozen=True, slots=True)
class Card:
    """A topic."""

    topic: Topic
    key: str
    y: float
    height: float
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A service, on one side."""

    service: str
    x: float
    y: float
    hue: float


@dataclass(frozen=True, slots=True)
class Line:
    """From a sender to an event, or from an event to a receiver."""

    path: str
    hue: float


def show(events: Events, *, links: bool) -> str:
    """Return the map for a page, with a list that a narrow window shows instead of it."""
    svg = draw(events, links=links)
    return render("event-map.html.jinja", svg=svg, events=events, links=links)


def draw(events: Events, *, links: bool) -> str:
    """Draw the map. With `links` each event links to its place on the surrounding page."""
    cards = _cards(events)
    hues = _hues(events)
    left = _boxes(cards, hues, 0, lambda event: event.senders)
    right = _boxes(cards, hues, WIDTH - BOX, lambda event: event.receivers)
    ends = [each.y + each.height for each in cards] + [box.y + BOX_HEIGHT for box in left + right]
    return render(
        "event-map.svg.jinja",
        cards=cards,
        boxes=[*left, *right],
        lines=[*_sent(cards, left), *_received(cards, right)],
        links=links,
        width=WIDTH,
        height=max(ends, default=TOP) + 12,
        box=BOX,
        box_height=BOX_HEIGHT,
        card_x=CARD_X,
        card=CARD,
        head=HEAD,
        row=ROW,
    )


def _hues(events: Events) -> dict[str, float]:
    """Assign each service a colour, which depends only on the names."""
    services = {each.owner for each in events.topics}
    for event in events.events:
        services |= {*event.senders, *event.receivers}
    return {name: hue_of(number) for number, name in enumerate(sorted(services))}


def hue_of(number: int) -> float:
    """Return the hue of the service with this index."""
    return round((250 + number * _GOLDEN_DEGREES) % 360, 1)


def _cards(events: Events) -> list[Card]:
    cards: list[Card] = []
    y = float(TOP)
    for topic in _sorted(events):
        found = events.of_topic(topic.name)
        rows = tuple(
            Row(event, y + HEAD + ROW * (number + 0.5)) for number, event in enumerate(found)
        )
        height = HEAD + ROW * len(found) + 10
        cards.append(Card(topic, found[0].key if found else "", y, height, rows))
        y += height + GAP
    return cards


def _sorted(events: Events) -> list[Topic]:
    """Order topics by sender, so that few lines cross."""

    def senders(topic: Topic) -> list[str]:
        return sorted({name for each in events.of_topic(topic.name) for name in each.senders})

    return sorted(events.topics, key=lambda topic: (senders(topic), topic.name))


Side: TypeAlias = Callable[[Event], tuple[str, ...]]


def _boxes(cards: Sequence[Card], hues: Mapping[str, float], x: float, side: Side) -> list[Box]:
    """Place each service as close as possible to the middle of its events."""
    heights: dict[str, list[float]] = {}
    for row in _rows(cards):
        for service in side(row.event):
            heights.setdefault(service, []).append(row.y)
    wanted = sorted((sum(ys) / len(ys) - BOX_HEIGHT / 2, name) for name, ys in heights.items())
    boxes: list[Box] = []
    free = float(TOP)
    for y, name in wanted:
        boxes.append(Box(name, x, max(y, free), hues[name]))
        free = boxes[-1].y + BOX_HEIGHT + GAP
    return boxes


def _sent(cards: Sequence[Card], boxes: Iterable[Box]) -> Iterator[Line]:
    for box in boxes:
        for row in _rows(cards):
            if box.service in row.event.senders:
                start, end = (box.x + BOX, box.y + BOX_HEIGHT / 2), (CARD_X, row.y)
                yield Line(_curve(start, end), box.hue)


def _received(cards: Sequence[Card], boxes: Iterable[Box]) -> Iterator[Line]:
    for box in boxes:
        for row in _rows(cards):
            if box.service in row.event.receivers:
                start, end = (CARD_X + CARD, row.y), (box.x - 7, box.y + BOX_HEIGHT / 2)
                yield Line(_curve(start, end), box.hue)


def _rows(cards: Iterable[Card]) -> Iterator[Row]:
    for card in cards:
        yield from card.rows


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    middle = (x1 + x2) / 2
    return f"M{x1:g},{y1:g} C{middle:g},{y1:g} {middle:g},{y2:g} {x2:g},{y2:g}"
