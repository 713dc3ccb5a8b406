"""The embedded broker: as much of Kafka as the services need, in memory, in one process.

    wire       frames on connections: a request is read, answered, and only then the next one
    requests   what each request does
    logs       topics and their partitions
    groups     consumer groups: who has which partitions

It keeps everything in memory: after a restart it is empty, which the services' outboxes make good.
For a laptop and for tests; a cluster has Kafka.
"""
