"""A peer of Kindred's index: fills itself from a file of float32 rows, then
answers, for each number of a query on standard input, with a line of JSON:
rows, scores, and the nanoseconds it took on the clock and on all processors."""

import json
import os
import sys
import time

import numpy as np

name, rows_file, queries_file, dim, k = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
rows = np.memmap(rows_file, dtype="<f4", mode="r").reshape(-1, dim)
queries = np.fromfile(queries_file, dtype="<f4").reshape(-1, dim)
CHUNK = 50_000


def numpy_peer():
    held = np.array(rows)

    def ask(q):
        scores = held @ q
        best = np.argpartition(scores, -k)[-k:]
        best = best[np.lexsort((best, -scores[best]))]
        return best, scores[best]

    return ask


def faiss_peer(approximate):
    import faiss

    faiss.omp_set_num_threads(os.cpu_count())
    if approximate:
        index = faiss.IndexHNSWFlat(dim, 16, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 100
        index.hnsw.efSearch = max(64, k)
    else:
        index = faiss.IndexFlatIP(dim)
    for at in range(0, len(rows), CHUNK):
        index.add(np.ascontiguousarray(rows[at : at + CHUNK]))

    def ask(q):
        scores, found = index.search(q.reshape(1, -1), k)
        return found[0], scores[0]

    return ask


def sqlite_vec_peer():
    import apsw  # the sqlite3 of many Pythons loads no extensions
    import sqlite_vec

    db = apsw.Connection(":memory:")
    db.enable_load_extension(True)
    db.load_extension(sqlite_vec.loadable_path())
    db.execute(f"CREATE VIRTUAL TABLE v USING vec0(e float[{dim}] distance_metric=cosine)")
    with db:
        for at in range(0, len(rows), CHUNK):
            part = rows[at : at + CHUNK]
            db.executemany("INSERT INTO v (rowid, e) VALUES (?, ?)", ((at + i, r.tobytes()) for i, r in enumerate(part)))

    def ask(q):
        found = list(db.execute("SELECT rowid, distance FROM v WHERE e MATCH ? AND k = ?", (q.tobytes(), k)))
        return [r for r, _ in found], [1 - d for _, d in found]

    return ask


ask = {
    "numpy": numpy_peer,
    "faiss-flat": lambda: faiss_peer(False),
    "faiss-hnsw": lambda: faiss_peer(True),
    "sqlite-vec": sqlite_vec_peer,
}[name]()
print("ready", flush=True)
for line in sys.stdin:
    q = queries[int(line)]
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    found, scores = ask(q)
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    answer = {"rows": [int(r) for r in found], "scores": [float(s) for s in scores], "wall": wall, "cpu": cpu}
    print(json.dumps(answer), flush=True)
