"""The embedded broker: as much of Kafka as the services need, in one process.

    wire       frames on connections: a request is read, answered, and only then the next one
    unfinished limits for requests that have not arrived whole
    requests   what each request does
    metadata   Metadata requests in all versions
    handlers   requests and answers as bytes: by aiokafka's classes, or for the two frequent ones
               by hot_requests
    logs       topics and their partitions
    segments   files of batches
    batches    their header and checksum
    groups     consumer groups and their assignments
    offsets    committed offsets
    home       the data folder, and whether it is intact

For a laptop and for tests; a cluster has Kafka.
"""
