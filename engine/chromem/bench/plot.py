"""Draws what `kindred bench system` measured at several sizes: the times of a
query, a feed, the import and the start, and the memory, on log-log axes.
Usage: plot.py system-*.json plot.svg"""

import json
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

runs = sorted((json.load(open(name)) for name in sys.argv[1:-1]), key=lambda r: r["n"])
sizes = [r["n"] for r in runs]
fig, (times, memory) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
for label, key, seconds in [
    ("one query, index alone", "index_ms", 1e-3),
    ("similar, over HTTP", "similar_ms", 1e-3),
    ("feed with 200 likes", "feed_ms", 1e-3),
    ("start until ready", "start_s", 1),
    ("chromem-go opening its files", "chromem_start_s", 1),
    ("import with embedding", "import_s", 1),
]:
    known = [r for r in runs if r.get(key)]
    times.loglog([r["n"] for r in known], [r[key] * seconds for r in known], marker="o", label=label)
times.set_ylabel("seconds")
memory.loglog(sizes, [r["anonymous_mb"] for r in runs], marker="o", label="idle server, anonymous memory")
memory.loglog(sizes, [r["store_mb"] for r in runs], marker="o", label="store on disk")
memory.set_ylabel("MB")
for axes in (times, memory):
    axes.set_xlabel("papers")
    axes.grid(True, which="both", alpha=0.3)
    axes.legend()
fig.savefig(sys.argv[-1], metadata={"Date": None})
