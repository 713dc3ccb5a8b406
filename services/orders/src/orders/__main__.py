"""Run the service: `python -m orders`."""

from orders.app import main

main()
