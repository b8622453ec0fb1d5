"""Speed and memory, measured as ratios within one run. `python -m benchmarks --smoke` runs each once, on a small size."""
