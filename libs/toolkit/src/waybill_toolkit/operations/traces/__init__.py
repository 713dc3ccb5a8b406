"""Traces on a laptop: a small receiver of OTLP, and a picture of the trace of one order."""
