"""Support for tests of services and of the platform."""
