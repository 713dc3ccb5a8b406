"""Error codes and special values of the Kafka protocol."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

Request: TypeAlias = Any
"""A decoded request; aiokafka is untyped."""
Answer: TypeAlias = tuple[Any, ...]
Answering: TypeAlias = Callable[[Request], Awaitable[Answer]]

NOT_THROTTLED: Final = 0
NO_OFFSET: Final = -1

OFFSET_OUT_OF_RANGE: Final = 1
CORRUPT_MESSAGE: Final = 2
UNKNOWN_TOPIC_OR_PARTITION: Final = 3
NOT_LEADER_OR_FOLLOWER: Final = 6
MESSAGE_TOO_LARGE: Final = 10
INVALID_TOPIC: Final = 17
INVALID_SESSION_TIMEOUT: Final = 26
TOPIC_AUTHORIZATION_FAILED: Final = 29
GROUP_AUTHORIZATION_FAILED: Final = 30
UNSUPPORTED_SASL_MECHANISM: Final = 33
ILLEGAL_SASL_STATE: Final = 34
UNSUPPORTED_VERSION: Final = 35
TOPIC_ALREADY_EXISTS: Final = 36
INVALID_PARTITIONS: Final = 37
INVALID_REPLICATION_FACTOR: Final = 38
INVALID_CONFIG: Final = 40
STORAGE_ERROR: Final = 56
SASL_AUTHENTICATION_FAILED: Final = 58
UNSUPPORTED_COMPRESSION_TYPE: Final = 76
INVALID_RECORD: Final = 87
UNKNOWN_TOPIC_ID: Final = 100
