"""Faults in the database of orders: the invariant that each violates and a row that shows it."""

from .fault import Fault
from .world_ids import CANCELLED, DECLINED, MOVING, NOBODY, REFUSED

FAULTS_OF_ORDERS = (
    Fault(
        "order-follows-its-saga",
        "orders",
        f"update orders set status = 'confirmed' where order_id = '{CANCELLED}'",
        {"order_id": CANCELLED, "status": "confirmed", "direction": "compensated"},
    ),
    Fault(
        "order-follows-its-saga",
        "orders",
        f"delete from sagas where saga_id = '{MOVING}'",
        {"order_id": MOVING, "direction": None},
    ),
    Fault(
        "no-order-is-stuck",
        "orders",
        f"update sagas set deadline_at = now() - interval '2 s' where saga_id = '{MOVING}'",
        {"order_id": MOVING, "direction": "forward"},
    ),
    Fault(
        "history-is-whole",
        "orders",
        f"delete from saga_transitions where saga_id = '{DECLINED}' and number = 1",
        {"order_id": DECLINED, "transitions": 2, "recorded": 1},
    ),
    Fault(
        "totals-are-sums",
        "orders",
        f"update order_lines set quantity = 2 where order_id = '{DECLINED}'",
        {"order_id": DECLINED, "total_minor": 255, "summed_minor": 510},
    ),
    Fault(
        "totals-are-sums",
        "orders",
        f"delete from order_lines where order_id = '{DECLINED}'",
        {"order_id": DECLINED, "total_minor": 255, "summed_minor": None},
    ),
    Fault(
        "totals-are-sums",
        "orders",
        f"update order_lines set discount_minor = 5 where order_id = '{DECLINED}'",
        {"order_id": DECLINED, "total_minor": 255, "summed_minor": 250},
    ),
    Fault(
        "totals-are-sums",
        "orders",
        f"update orders set tax_minor = 5 where order_id = '{DECLINED}'",
        {"order_id": DECLINED, "tax_minor": 5, "summed_tax_minor": 0},
    ),
    Fault(
        "totals-are-sums",
        "orders",
        f"update orders set shipping_net_minor = 50 where order_id = '{DECLINED}'",
        {"order_id": DECLINED, "total_minor": 255, "summed_minor": 305},
    ),
    Fault(
        "totals-are-sums",
        "orders",
        f"""update orders set prices_include_tax = false, tax_minor = 51
            where order_id = '{DECLINED}';
            update order_lines set tax_rate_ppm = 200000, tax_minor = 51
            where order_id = '{DECLINED}'""",
        {"order_id": DECLINED, "total_minor": 255, "summed_minor": 306, "summed_tax_minor": 51},
    ),
    Fault(
        "lines-are-within-their-price",
        "orders",
        f"update order_lines set tax_minor = 1 where order_id = '{DECLINED}'",
        {"order_id": DECLINED, "line_number": 1, "tax_rate_ppm": 0, "tax_minor": 1},
    ),
    Fault(
        "lines-are-within-their-price",
        "orders",
        f"""update order_lines set tax_rate_ppm = 200000, tax_minor = 256
            where order_id = '{DECLINED}'""",
        {"order_id": DECLINED, "price_minor": 255, "tax_minor": 256},
    ),
    Fault(
        "lines-are-within-their-price",
        "orders",
        f"""alter table order_lines drop constraint discount_is_within_the_line;
            update order_lines set discount_minor = 256 where order_id = '{DECLINED}'""",
        {"order_id": DECLINED, "price_minor": 255, "discount_minor": 256},
    ),
    Fault(
        "one-key-one-order",
        "orders",
        "delete from idempotency_keys where key = 'refused'",
        {"order_id": REFUSED, "keys": None},
    ),
    Fault(
        "one-key-one-order",
        "orders",
        f"""update idempotency_keys set headers = array['location', '/v1/orders/{NOBODY}']
            where key = 'declined'""",
        {"order_id": NOBODY, "keys": ["declined"]},
    ),
    Fault(
        "order-is-announced-once",
        "orders",
        f"""update outbox set key = '{MOVING}' where key = '{DECLINED}'""",
        {"order_id": MOVING, "type": "orders.order-placed.v1", "times": 2},
    ),
)
