"""What proves or measures the platform: benchmarks, chaos, soak, conformance."""
