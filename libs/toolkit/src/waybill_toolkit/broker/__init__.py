"""The embedded broker: as much of Kafka as the services need, in memory, in one process.

    wire      requests and answers as bytes on a connection (KIP-35 and https://kafka.apache.org/protocol)
    server    what each request does
    logs      topics, partitions, batches
    groups    consumer groups: who has which partitions, and how far they have got

It keeps everything in memory: after a restart it is empty, which the services' outboxes make good.
For a laptop and for tests; a cluster has Kafka.
"""
