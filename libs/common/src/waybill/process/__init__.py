"""The service as a process: its event runtime, worker process, settings, health and metrics."""
