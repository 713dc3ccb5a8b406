"""`waybill bench`: what the platform does on this machine, in figures that can be measured again.

    commands     the command line
    scenario     what a scenario is: cases, each measured in rounds
    scenarios/   the scenarios themselves
    stage        the platform that is measured: one of its own, from nothing, unless told otherwise
    load         requests at a fixed number of clients, or at a fixed rate
    placing      orders as load: accepted over HTTP, confirmed as the database shows it
    latencies    HDR histograms
    costs        processor time, statements, transactions, log and events per order
    searching    the highest rate that is sustained
    comparing    what moved beyond noise between two results
    show, plot   tables and a progress bar, latency over rate as a picture

A figure's name ends in its unit: `accept_ms_p99`, `wal_bytes_per_order`, `confirmed_per_second`.
"""
