"""The topics and permissions of the contracts, on a Kafka cluster.

wanted.py     what the AsyncAPI documents ask for
cluster.py    what a cluster has, and how it is changed
planning.py   the difference: what is to be changed, and what is refused
"""
