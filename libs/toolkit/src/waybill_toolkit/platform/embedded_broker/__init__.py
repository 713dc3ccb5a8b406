"""The embedded broker: as much of Kafka as the services need, in one process.

    wire         frames on connections: a request is read, answered, and only then the next one
    unfinished   limits for requests that have not arrived whole
    connections  a limit for their number
    requests     what each request does
    login        the requests of a client before it is known: SASL with SCRAM (scram)
    users        who is known, and what each may do (permissions)
    metadata     Metadata requests in all versions
    handlers     requests and answers as bytes: by aiokafka's classes, or for the two frequent ones
                 by hot_requests
    topics       the topics
    logs         their partitions
    segments     files of batches
    batches      their header and checksum
    groups       consumer groups and their assignments
    offsets      committed offsets
    home         the data folder, and whether it is intact

For a laptop and for tests; a cluster has Kafka.
"""
