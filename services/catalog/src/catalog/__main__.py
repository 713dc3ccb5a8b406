"""Run the service: `python -m catalog`."""

from catalog.app import main

main()
