"""Faults in the databases, with the invariant that each violates and a row that shows it."""

from .erased_users import ERASED_USERS
from .fault import Fault
from .faults_of_orders import FAULTS_OF_ORDERS
from .world_ids import CANCELLED, CONFIRMED, DECLINED, MOVING, NOBODY

FAULTS = (
    *FAULTS_OF_ORDERS,
    Fault(
        "stock-adds-up",
        "inventory",
        "update stock set on_hand = 9 where sku = 'A'",
        {"sku": "A", "came_in": 10, "on_hand": 9, "reserved": 0, "committed": 2},
    ),
    Fault(
        "stock-is-not-below-zero",
        "inventory",
        """alter table stock drop constraint stock_on_hand_check;
           update stock set on_hand = -1 where sku = 'A'""",
        {"sku": "A", "on_hand": -1},
    ),
    Fault(
        "stock-follows-reservations",
        "inventory",
        "update stock set reserved = 2, on_hand = 0 where sku = 'B'",
        {"sku": "B", "reserved": 2, "reserved_by_orders": 1},
    ),
    Fault(
        "stock-is-in-its-database",
        "inventory",
        "insert into stock_part (part, parts) values (0, 2)",
        {"sku": "A", "part": 0, "parts": 2},
    ),
    Fault(
        "payment-is-within-its-amount",
        "payments",
        f"""alter table payments drop constraint captured_is_all_or_nothing;
            update payments set captured_minor = 611 where order_id = '{CONFIRMED}'""",
        {"order_id": CONFIRMED, "amount_minor": 610, "captured_minor": 611},
    ),
    Fault(
        "ledger-balances",
        "payments",
        """alter table ledger_entries disable trigger user;
           update ledger_entries set amount_minor = -609 where amount_minor = -610""",
        {"operation": "capture", "sum_minor": 1},
    ),
    Fault(
        "ledger-follows-payments",
        "payments",
        """alter table ledger_entries disable trigger user;
           delete from ledger_entries where operation = 'refund'""",
        {"order_id": CANCELLED, "refunded_minor": 255, "refunded_in_ledger": 0},
    ),
    Fault(
        "provider-agrees",
        "payments",
        "delete from sandbox.charges where idempotency_key = 'f4-refund'",
        {"order_id": CANCELLED, "refunded_minor": 255, "refunded_by_provider": 0},
    ),
    Fault(
        "provider-agrees",
        "payments",
        f"""insert into sandbox.charges
            select 'ghost', operation, '{NOBODY}', reference, amount_minor, currency, outcome,
                decline_code, attempts, at
            from sandbox.charges where idempotency_key = 'f1-authorize'""",
        {"payment_id": NOBODY, "order_id": None, "held_by_provider": 610},
    ),
    Fault(
        "provider-charged-once",
        "payments",
        """insert into sandbox.charges
           select 'again', operation, payment_id, reference, amount_minor, currency, outcome,
               decline_code, attempts, at
           from sandbox.charges where idempotency_key = 'f1-capture'""",
        {"operation": "capture", "times": 2},
    ),
    Fault(
        "units-belong-to-an-order",
        "inventory",
        f"""update reservation_lines set quantity = 3
            where order_id = '{CONFIRMED}' and sku = 'A'""",
        {"order_id": CONFIRMED, "ordered": '{"A": 2, "B": 1}', "held": '{"A": 3, "B": 1}'},
    ),
    Fault(
        "units-belong-to-an-order",
        "inventory",
        f"""update reservations set order_id = '{NOBODY}' where order_id = '{MOVING}';
            update reservation_lines set order_id = '{NOBODY}' where order_id = '{MOVING}'""",
        {"order_id": NOBODY, "reservation": "reserved", "ordered": None},
    ),
    Fault(
        "confirmed-orders-have-their-units",
        "inventory",
        f"update reservations set status = 'expired' where order_id = '{CONFIRMED}'",
        {"order_id": CONFIRMED, "reservation": None},
    ),
    Fault(
        "failed-orders-hold-nothing",
        "inventory",
        f"update reservations set status = 'committed' where order_id = '{DECLINED}'",
        {"order_id": DECLINED, "status": "rejected", "held": '{"A": 1}'},
    ),
    Fault(
        "confirmed-orders-are-authorized",
        "orders",
        f"""update orders set status = 'confirmed', sealed_token = null
            where order_id = '{MOVING}'""",
        {"order_id": MOVING, "total_minor": 100, "payment": "authorizing"},
    ),
    Fault(
        "confirmed-orders-are-authorized",
        "orders",
        f"""update orders set total_minor = 611 where order_id = '{CONFIRMED}';
            update sagas set direction = 'forward', deadline_at = now() + interval '1 day'
            where saga_id = '{CONFIRMED}'""",
        {"order_id": CONFIRMED, "total_minor": 611, "amount_minor": 610},
    ),
    Fault(
        "prices-come-from-the-catalog",
        "orders",
        "update unit_prices set amount_minor = 0 where sku = 'B';"
        " update price_lists set version = 2 where sku = 'B'",
        {
            "sku": "B",
            "version": 2,
            "prices": '[["GBP", 0, null, null]]',
            "catalog_prices": '[["GBP", 100, null, null]]',
        },
    ),
    Fault(
        "prices-come-from-the-catalog",
        "orders",
        "update unit_prices set valid_until = null where sku = 'A'",
        {"sku": "A", "version": 1, "catalog_version": 1},
    ),
    Fault(
        "prices-come-from-the-catalog",
        "orders",
        "delete from unit_prices where sku = 'A' and currency = 'EUR'",
        {"sku": "A", "prices": '[["GBP", 255, null, null]]'},
    ),
    Fault(
        "prices-come-from-the-catalog",
        "orders",
        "update price_lists set version = 2147483000 where sku = 'B'",
        {"sku": "B", "version": 2147483000, "catalog_version": 2},
    ),
    Fault(
        "prices-come-from-the-catalog",
        "orders",
        "insert into price_lists (sku, version) values ('C', 1)",
        {"sku": "C", "catalog_version": None},
    ),
    Fault(
        "paid-is-what-is-owed",
        "payments",
        f"""update payments set status = 'authorized', captured_minor = 0
            where order_id = '{CONFIRMED}'""",
        {"order_id": CONFIRMED, "owed_minor": 610, "paid_minor": 0},
    ),
    Fault(
        "paid-is-what-is-owed",
        "payments",
        f"""update payments set status = 'captured', refunded_minor = 0
            where order_id = '{CANCELLED}'""",
        {"order_id": CANCELLED, "owed_minor": 0, "paid_minor": 255},
    ),
    Fault(
        "paid-is-what-is-owed",
        "payments",
        f"""update payments set status = 'authorized', decline_code = null,
            provider_reference = 'r3' where order_id = '{DECLINED}'""",
        {"order_id": DECLINED, "owed_minor": 0, "payment": "authorized"},
    ),
    Fault(
        "never-charged-more-than-the-total",
        "payments",
        "update payments set amount_minor = 611, captured_minor = 611 where amount_minor = 610",
        {"order_id": CONFIRMED, "total_minor": 610, "captured_minor": 611},
    ),
    Fault(
        "never-charged-more-than-the-total",
        "payments",
        f"update payments set order_id = '{NOBODY}' where order_id = '{MOVING}'",
        {"order_id": NOBODY, "status": None, "amount_minor": 100},
    ),
    Fault(
        "events-are-published",
        "catalog",
        'update outbox set published_at = null, "offset" = null where position = 2',
        {"database": "catalog", "position": 2, "type": "catalog.variant-added.v1"},
    ),
    Fault(
        "events-are-published",
        "orders",
        'update outbox set published_at = null, "offset" = null where position = 1',
        {"database": "orders", "position": 1, "type": "orders.order-placed.v1"},
    ),
    Fault(
        "events-take-effect",
        "orders",
        "delete from inbox where event_id = '00000000-0000-7000-8000-0000000ca002'",
        {"receiver": "orders", "sender": "catalog", "position": 1, "taken_up_to": 0},
    ),
    Fault(
        "events-take-effect",
        "inventory",
        """delete from inbox where event_id = '00000000-0000-7000-8000-00000000c001';
           update inbox set received_at = now()""",
        {"receiver": "inventory", "type": "inventory.reserve-stock.v1", "taken_up_to": 8},
    ),
    Fault(
        "no-dead-letters",
        "inventory",
        """insert into dead_letters (event_id, type, topic, partition, "offset", key, header_names,
               header_values, value, error, attempts, state, due_at, parked_at)
           values ('00000000-0000-7000-8000-00000000c001', 'inventory.reserve-stock.v1',
               'inventory.commands.v1', 3, 7, 'k', '{}', '{}', '{}', 'it fits no schema', 1,
               'dead', now(), now())""",
        {"database": "inventory", "error": "it fits no schema"},
    ),
    Fault(
        "security-log-is-unchanged",
        "catalog",
        """insert into security_log (actor, action, detail, number, prev, hash)
           values ('user:1', 'door.opened', '{}', 1, decode(repeat('00', 32), 'hex'),
               sha256('x'))""",
        {"database": "catalog", "number": 1, "fault": "it was changed"},
    ),
    Fault(
        "security-log-is-chained",
        "payments",
        """insert into security_log (at, actor, action, detail)
           values (now() - interval '1 hour', 'user:1', 'door.opened', '{}')""",
        {"database": "payments", "action": "door.opened"},
    ),
    *ERASED_USERS,
    Fault(
        "personal-data-has-its-key",
        "identity",
        "delete from data_keys",
        {"user_id": "00000000-0000-7000-8000-0000000000e1"},
    ),
)
