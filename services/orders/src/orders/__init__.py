"""Orders: places orders and sees them through."""
