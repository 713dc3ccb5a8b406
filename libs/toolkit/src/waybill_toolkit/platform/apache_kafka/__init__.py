"""Apache Kafka as the broker of the platform: one node, which is its own controller (KRaft).

distribution.py   Java, and the jars, which Maven fetches
configuration.py  server.properties
starting.py       the folder of a node, and the command that starts it
__main__.py       prepares the folder and becomes Kafka
"""
