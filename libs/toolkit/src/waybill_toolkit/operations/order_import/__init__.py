"""Imports the orders of a CSV file, as spreadsheets and other systems write it.

file ──> records ──> rows ──> orders, in a temporary database on disk
│
rounds of orders that have one price for each SKU
│
catalogue, stock, orders  <─────┘        failed orders ──> a file of the same form
"""
