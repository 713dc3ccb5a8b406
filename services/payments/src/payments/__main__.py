"""Run the service: `python -m payments`."""

from payments.app import main

main()
