"""Prints the values of the first records of a topic, with kafka-python."""

import os
import sys
from itertools import islice

from kafka import KafkaConsumer, TopicPartition  # type: ignore[import-untyped]

address, topic, count, user, mechanism = sys.argv[1:]
consumer = KafkaConsumer(
    bootstrap_servers=address,
    security_protocol="SASL_PLAINTEXT",
    sasl_mechanism=mechanism,
    sasl_plain_username=user,
    sasl_plain_password=os.environ["KAFKA_PASSWORD"],
)
partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
consumer.assign(partitions)
consumer.seek_to_beginning(*partitions)
for record in islice(consumer, int(count)):
    print(record.value.decode())  # noqa: T201 (a program)
consumer.close()
