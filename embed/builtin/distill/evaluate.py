"""Measures model files: dense vectors only, a user is the mean of the papers
he or she likes. Protocols: README.md of the data folder.

    evaluate.py --teacher DIR --data DIR model.bin...
"""

import argparse
import collections
import glob
import json
import math
import struct

import numpy as np

from distill import bags, join, read_jsonl, tokenizer, unit


class Model:
    """A model file, and embed.Embedder in Python: same sums, floats for integers."""

    def __init__(self, path, tok):
        data = open(path, "rb").read()
        dim, rows, name, text = struct.unpack_from("<4I", data, 8)
        at = 24 + name
        vocab = data[at : at + text].decode().split("\n")
        scale = np.frombuffer(data, "<u2", rows, at + text).astype(np.float32)
        part = np.frombuffer(data, np.int8, rows * dim, at + text + 2 * rows).reshape(rows, dim)
        self.e = np.zeros((tok.get_vocab_size(), dim), np.float32)
        self.e[[tok.token_to_id(t) for t in vocab]] = part * scale[:, None]
        self.tok = tok

    def __call__(self, texts):
        tokens = [np.array(e.ids, np.int32) for e in self.tok.encode_batch_fast(texts, add_special_tokens=False)]
        return unit(bags(tokens, len(self.e)) @ self.e)


def recall(users, likes, relevant, pool, vector):
    """Mean recall at 20 and 100 of pool, ranked by the mean of the likes."""
    items = np.stack([vector[i] for i in pool])
    place = {p: n for n, p in enumerate(pool)}
    sums = np.zeros(2)
    for u in users:
        profile = sum(vector[i] for i in likes[u])
        top = np.argsort(-(items @ profile), kind="stable")[:100]
        hit = np.isin(top, [place[i] for i in relevant[u]])
        sums += hit[:20].sum() / len(relevant[u]), hit.sum() / len(relevant[u])
    return sums / len(users)


def pairs(path):
    d = collections.defaultdict(list)
    for line in open(path):
        u, i = line.rstrip("\n").split("\t")
        d[u].append(i)
    return d


def authorfeed(model, data):
    pool = open(data + "/authorfeed/pool_ids.txt").read().split()
    likes, relevant = pairs(data + "/authorfeed/likes_dev.tsv"), pairs(data + "/authorfeed/test_dev.tsv")
    want = set(pool) | {i for v in likes.values() for i in v}
    texts = {}
    for f in sorted(glob.glob(data + "/corpus/*.jsonl.gz")):
        for p in read_jsonl(f) if "mixed" not in f else ():
            if p["id"] in want:
                texts.setdefault(p["id"], join(p["title"], p.get("abstract")))
    vector = dict(zip(texts, model(list(texts.values()))))
    users = sorted((u for u in relevant if likes[u]), key=lambda u: int(u[1:]))
    for name, half in ("even", 0), ("odd", 1):
        yield f"authorfeed {name}", recall([u for u in users if int(u[1:]) % 2 == half], likes, relevant, pool, vector)


def csfcube(model, data):
    papers = list(read_jsonl(data + "/csfcube/papers.jsonl"))
    vector = dict(zip((p["id"] for p in papers), model([join(p["title"], p.get("abstract")) for p in papers])))
    ap, ndcg = [], []
    for facet in "background", "method", "result":
        for q, a in json.load(open(f"{data}/csfcube/anns-{facet}.json")).items():
            score = np.stack([vector[c] for c in a["cands"]]) @ vector[q.split("_")[0]]
            gain = np.array(a["relevance_adju"])[np.argsort(-score, kind="stable")]
            hit = gain >= 2
            ap.append((np.cumsum(hit) / np.arange(1, len(hit) + 1))[hit].mean() if hit.any() else 0)
            k = math.ceil(0.2 * len(gain))
            discount = 1 / np.log2(np.arange(2, k + 2))
            ndcg.append((gain[:k] @ discount) / (np.sort(gain)[::-1][:k] @ discount))
    return np.mean(ap), np.mean(ndcg)


def citeulike(model, data):
    papers = list(read_jsonl(data + "/citeulike-a/papers.jsonl"))
    vector = dict(zip((str(p["id"]) for p in papers), model([join(p["title"], p.get("abstract")) for p in papers])))
    cold = data + "/citeulike-a/dropoutnet-cold"
    likes, relevant = pairs(cold + "/train.tsv"), pairs(cold + "/test.tsv")
    pool = open(cold + "/test_item_ids.tsv").read().split()
    return recall([u for u in relevant if likes[u]], likes, relevant, pool, vector)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--teacher", required=True)
    a.add_argument("--data", required=True)
    a.add_argument("models", nargs="+")
    a = a.parse_args()
    for path in a.models:
        model = Model(path, tokenizer(a.teacher))
        print(path)
        for name, (r20, r100) in authorfeed(model, a.data):
            print(f"  {name:16s} R@20 {r20:.4f}  R@100 {r100:.4f}")
        print("  csfcube          MAP  {:.4f}  nDCG%20 {:.4f}".format(*csfcube(model, a.data)))
        print("  citeulike-a cold R@20 {:.4f}  R@100 {:.4f}".format(*citeulike(model, a.data)), flush=True)


if __name__ == "__main__":
    main()
