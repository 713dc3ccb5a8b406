"""From the contracts into each service's `contract/` package."""
