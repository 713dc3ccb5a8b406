"""The command `waybill` as a module, which debuggers start: `python -m waybill_toolkit`."""

from waybill_toolkit.cli import main

main()
