"""Run the service: `python -m inventory`."""

from inventory.app import main

main()
