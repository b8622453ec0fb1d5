"""Speed and memory as ratios within one run. `python -m benchmarks --smoke` runs each once, at a small size."""
