"""Prints the values of the first records of a topic, with confluent-kafka."""

import os
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

address, topic, count, user, mechanism = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": address,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.username": user,
        "sasl.password": os.environ["KAFKA_PASSWORD"],
        "group.id": f"{user}-confluent",
    }
)
numbers = consumer.list_topics(topic).topics[topic].partitions
consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in numbers])
left = int(count)
while left:
    record = consumer.poll(1.0)
    if record is not None:
        if record.error():
            sys.exit(str(record.error()))
        print((record.value() or b"").decode())  # noqa: T201 (a program)
        left -= 1
consumer.close()
