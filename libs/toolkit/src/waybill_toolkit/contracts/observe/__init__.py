"""Generates the rules of Prometheus and the dashboards of Grafana."""
