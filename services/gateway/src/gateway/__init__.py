"""The one door to all services: routes requests by the contracts and passes bodies through."""
