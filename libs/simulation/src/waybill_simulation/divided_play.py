"""The play of orders with stock that is divided over two databases."""

from typing import Final

from waybill_simulation.drivers import install
from waybill_simulation.orders_play import run
from waybill_simulation.plays import Play
from waybill_simulation.scenario import draw_divided

PLAY: Final = Play(install, draw_divided, run)
