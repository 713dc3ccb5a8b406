"""`waybill bench`: repeatable measurements of the platform on this machine.

    commands     the command line
    scenario     the parts of a scenario: cases, each measured in rounds
    scenarios/   the scenarios themselves
    measured_platform   the platform that is measured: by default a new one
    load         requests of a fixed number of clients, or at a fixed rate
    placing      orders as load: acceptance over HTTP, confirmation from the database
    latencies    HDR histograms
    costs        processor time, statements, transactions, log and events per order
    searching    the highest rate that is sustained
    comparing    changes between two results that exceed the noise
    show, plot   tables and a progress bar, latency over rate as a chart

A figure's name ends in its unit: `accept_ms_p99`, `wal_bytes_per_order`, `confirmed_per_second`.
"""
