"""An in-memory PostgreSQL that runs the SQL of the services.

tokens, token_reader, parse*, syntax     text to a tree
compile, aggregates, functions, types    expressions to Python functions
relations, plan*                         a tree to steps
nested_loop, select_step, write_steps,
unique_keys, run                         steps as they run
catalog, schema, tables                  tables, from the real PostgreSQL's catalog
server, locks, transaction_block,
session, driver                          execution of statements, and lock waits
"""
