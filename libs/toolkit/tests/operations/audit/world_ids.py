"""The orders in the world of the audit's tests."""

CONFIRMED, REFUSED, DECLINED, CANCELLED, MOVING = (
    f"00000000-0000-7000-8000-00000000000{number}" for number in range(1, 6)
)
NOBODY = "00000000-0000-7000-8000-000000000009"
