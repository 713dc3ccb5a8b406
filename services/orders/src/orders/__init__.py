"""The orders service: places orders and runs their sagas."""
