"""Generates the parts of deploy/helm/ that follow from contracts and settings."""
