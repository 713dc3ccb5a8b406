"""The gateway to all services: routes requests by the contracts and forwards them."""
