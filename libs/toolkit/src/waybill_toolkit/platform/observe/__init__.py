"""Prometheus, which watches a platform, and what draws its dashboards: `waybill up --observe`.

programs.py       finds the programs
folder.py         where their files are
configuration.py  writes their files from the rules and dashboards of the chart
vmui.py           dashboards for the interface of VictoriaMetrics
"""
