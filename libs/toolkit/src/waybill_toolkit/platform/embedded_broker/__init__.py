"""The embedded broker: as much of Kafka as the services need, in one process.

    wire       frames on connections: a request is read, answered, and only then the next one
    requests   what each request does
    logs       topics and their partitions
    segments   files of batches
    groups     consumer groups: who has which partitions
    offsets    how far groups have got
    home       the folder of it all, and whether it can be believed

For a laptop and for tests; a cluster has Kafka.
"""
