"""Makes the model file of package builtin. README.md says why each step.

1. vocab     the teacher's vector of every word piece            (model2vec)
2. regress   piece vectors whose weighted sum over an abstract comes near the
             teacher's vector of that abstract, drawn towards those of step 1
3. contrast  a little training: two random halves of one paper shall be nearer
             to each other than to the halves of 1,023 others   (InfoNCE)
4. whiten    common directions of papers made shorter            (folded in)
5. write     int8 with one scale a row; model.go describes the file

--until NAME stops after that step and writes what there is.
"""

import argparse
import gzip
import hashlib
import json
import os
import re
import struct
import time

for name in "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS":
    os.environ[name] = "1"  # one order of every sum; numpy reads this when it is imported

import numpy as np
import scipy.sparse as sp
from tokenizers import Tokenizer

from teacher import UNK, Teacher

NAME = "kindred-static-1"
SEED = 20261123
DIM = 384
TAUGHT = 60_000  # papers the teacher reads
CORPUS = ("arxiv-2025-2026", "acl-anthology", "ml-cv-robotics-conferences")
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # sha256 of the teacher's
# Chosen on half of the users of authorfeed; README.md has the table.
SPREAD = 0.5  # exponent of the eigenvalues the targets are divided by
RIDGE = 0.01
EPOCHS, BATCH, RATE, TEMPERATURE = 2, 1024, 0.002, 0.05
WHITEN_BEFORE, WHITEN_AFTER = 0.15, 0.35


def join(title, abstract):
    """embed.Join in Go."""
    return "\n".join(filter(None, (" ".join((s or "").split()) for s in (title, abstract))))


def plain(title):
    return re.sub(r"\W+", "", title.lower())


def tokenizer(teacher):
    t = Tokenizer.from_file(teacher + "/tokenizer.json")
    t.no_truncation()
    t.no_padding()
    t.encode_special_tokens = True  # "[CLS]" in a text is text
    return t


def read_jsonl(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as f:
        for line in f:
            yield json.loads(line)


def held_out(data):
    """Ids and titles of the papers of every test set: nothing here sees them."""
    ids = {line.strip() for line in open(data + "/authorfeed/pool_ids.txt")}
    ids |= {line.split("\t")[1].strip() for line in open(data + "/authorfeed/likes_dev.tsv")}
    sets = ("csfcube", "goldreviewer", "citeulike-a")
    return ids, {plain(p["title"]) for s in sets for p in read_jsonl(f"{data}/{s}/papers.jsonl")}


def corpus(data, teacher):
    """Token numbers of every paper that is not held out and has at least 32."""
    ids, titles = held_out(data)
    tok = tokenizer(teacher)
    out = []
    for name in CORPUS:
        texts = [join(p["title"], p.get("abstract")) for p in read_jsonl(f"{data}/corpus/{name}.jsonl.gz")
                 if p["id"] not in ids and plain(p["title"]) not in titles]
        for a in range(0, len(texts), 2000):
            for e in tok.encode_batch_fast(texts[a : a + 2000], add_special_tokens=False):
                if len(e.ids) >= 32:
                    out.append(np.array(e.ids, np.int32))
    return out


def bags(papers, size):
    """Sparse papers x size: the square root of how often each token occurs."""
    rows = np.repeat(np.arange(len(papers)), [len(p) for p in papers])
    tokens = np.concatenate(papers)
    keep = tokens != UNK
    m = sp.csr_matrix((np.ones(keep.sum(), np.float32), (rows[keep], tokens[keep])), (len(papers), size))
    m.data **= 0.5  # csr_matrix has added up repeated tokens
    return m


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def regress(bag, target, prior, weight):
    """E with |A E - target|^2 + RIDGE |E - E0|^2 least, where a row of A is the
    weighted mean of a paper and E0 is prior, centred and turned to fit target:
    conjugate gradients, 20 steps. Returns E with the weights multiplied in."""
    a = bag.multiply(weight).tocsr()
    a = (sp.diags(1 / np.asarray(a.sum(1)).ravel()) @ a).astype(np.float32).tocsr()
    at = a.T.tocsr()
    prior = prior - np.asarray(a.mean(0)).ravel() @ prior
    p = a @ prior
    gram = p.T @ p
    e = prior @ np.linalg.solve(gram + 1e-3 * np.trace(gram) / len(gram) * np.eye(len(gram), dtype=np.float32), p.T @ target)
    r = at @ (target - a @ e)
    scale = (np.asarray(at.power(2).sum(1)).ravel() + RIDGE)[:, None]
    z = r / scale
    d, rz = z, (r * z).sum(0)
    for _ in range(20):
        ad = at @ (a @ d) + np.float32(RIDGE) * d
        step = rz / np.maximum((d * ad).sum(0), 1e-20)
        e = e + step * d
        r = r - step * ad
        z = r / scale
        last, rz = rz, (r * z).sum(0)
        d = z + rz / np.maximum(last, 1e-20) * d
    return (e * weight[:, None]).astype(np.float32)


def halves(papers, rng):
    """Two lists of token arrays: each run of 16 tokens goes to one at random."""
    pick = [rng.random(len(p) // 16 + 1)[np.arange(len(p)) // 16] < 0.5 for p in papers]
    for p, k in zip(papers, pick):
        k[0], k[-1] = True, False  # neither half is empty
    return [p[k] for p, k in zip(papers, pick)], [p[~k] for p, k in zip(papers, pick)]


def contrast(e, papers, rng):
    """InfoNCE (van den Oord et al. 2018, eq. 4) in both directions with the
    other papers of the batch as negatives; Adam (Kingma & Ba 2015), the rate
    falling to 0 in a line."""
    e = e / np.sqrt((e**2).sum(1).mean())
    m, v = np.zeros_like(e), np.zeros_like(e)
    steps = EPOCHS * (len(papers) // BATCH)
    for step in range(1, steps + 1):
        at = (step - 1) % (len(papers) // BATCH)
        if at == 0:
            order = rng.permutation(len(papers))
        a, b = (bags(h, len(e)) for h in halves([papers[i] for i in order[at * BATCH : (at + 1) * BATCH]], rng))
        u, w = a @ e, b @ e
        nu, nw = (np.linalg.norm(x, axis=1, keepdims=True) + 1e-6 for x in (u, w))
        u, w = u / nu, w / nw
        s = u @ w.T / TEMPERATURE
        row, col = np.exp(s - s.max(1, keepdims=True)), np.exp(s - s.max(0))
        g = (row / row.sum(1, keepdims=True) + col / col.sum(0)) / (2 * BATCH * TEMPERATURE)
        g[np.arange(BATCH), np.arange(BATCH)] -= 1 / (BATCH * TEMPERATURE)
        du, dw = g @ w, g.T @ u
        du = (du - (du * u).sum(1, keepdims=True) * u) / nu
        dw = (dw - (dw * w).sum(1, keepdims=True) * w) / nw
        d = (a.T @ du + b.T @ dw).astype(np.float32)
        m = 0.9 * m + 0.1 * d
        v = 0.999 * v + 0.001 * d * d
        rate = RATE * (1 - step / steps)
        e = (e - rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)).astype(np.float32)
        if step % 40 == 0:
            log(f"contrast {step}/{steps}: {(s.argmax(1) == np.arange(BATCH)).mean():.3f} of halves find the other")
    return e


def whiten(e, bag, power):
    """Divides each principal direction of the papers by its variance to the
    power; half would make them equal (Mu & Viswanath, "All-but-the-Top", 2018,
    remove a few outright)."""
    value, axes = np.linalg.eigh(np.cov(unit(bag @ e).T))
    value = np.maximum(value, value.max() * 1e-4)
    return (e @ ((axes * value**-power) @ axes.T)).astype(np.float32)


def write(path, vocab, e):
    """See model.go. Scales are relative to the longest row."""
    keep = [i for i, t in enumerate(vocab) if t == "[" or not t.startswith("[")]  # no [CLS], no [unused7]
    e, text, name = e[keep], "\n".join(vocab[i] for i in keep).encode(), NAME.encode()
    top = np.abs(e).max(1) / 127
    scale = np.clip(np.rint(top / top.max() * 65535), 1, 65535)
    rows = np.clip(np.rint(e / (scale * top.max() / 65535)[:, None]), -127, 127).astype(np.int8)
    head = struct.pack("<4I", e.shape[1], len(keep), len(name), len(text))
    data = b"KINDRED\x01" + head + name + text + scale.astype("<u2").tobytes() + rows.tobytes()
    digest = hashlib.sha256(data).hexdigest()
    open(path, "wb").write(data)
    open(path + ".sha256", "w").write(f"{digest}  {os.path.basename(path)}\n")
    log(f"{path}: {len(keep)} rows of {e.shape[1]}, {len(data)} bytes, sha256 {digest}")


def cached(folder, name, make):
    path = f"{folder}/{name}.npy"
    if not os.path.exists(path):
        np.save(path, make())
    return np.load(path)


def log(*what):
    print(f"{time.process_time():6.0f} s ", *what, flush=True)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--teacher", required=True, help="folder with model.safetensors and tokenizer.json")
    a.add_argument("--data", required=True, help="folder with corpus/ and the test sets, which are left out")
    a.add_argument("--cache", required=True, help="folder for the teacher's vectors")
    a.add_argument("--out", required=True)
    a.add_argument("--until", choices=("vocab", "regress", "contrast", "whiten"), default="whiten")
    a = a.parse_args()

    weights = a.teacher + "/model.safetensors"
    if (got := hashlib.sha256(open(weights, "rb").read()).hexdigest()) != WEIGHTS:
        raise SystemExit(f"{weights} has sha256 {got}")
    vocab = open(a.teacher + "/vocab.txt", encoding="utf-8").read().split("\n")[:-1]
    papers = corpus(a.data, a.teacher)
    log(f"{len(papers)} papers")
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(papers))
    bag = bags(papers, len(vocab))
    frequency = np.maximum(np.bincount(bag.indices, minlength=len(vocab)), 5)
    idf = np.maximum(np.log(len(papers) / frequency), 0.05).astype(np.float32)

    pieces = cached(a.cache, "pieces", lambda: Teacher(weights, "f32").pieces(len(vocab)))
    e = (pieces - (np.asarray(bag.sum(0)).ravel() * idf / (bag @ idf).sum()) @ pieces) * idf[:, None]
    if a.until != "vocab":
        taught = order[:TAUGHT]
        target = cached(a.cache, "texts", lambda: Teacher(weights, "bf16").texts([papers[i] for i in taught]).astype(np.float16))
        log(f"{len(target)} papers read by the teacher")
        target = unit(target - target.mean(0, dtype=np.float32)).astype(np.float32)
        value, axes = np.linalg.eigh(target.T @ target / len(target))
        target = unit(target @ axes[:, ::-1][:, :DIM] * np.maximum(value[::-1][:DIM], 1e-4) ** -SPREAD)
        e = regress(bag[taught], target, pieces, idf)
        log("regressed")
    sample = bag[order[-15_000:]]
    if a.until in ("contrast", "whiten"):
        e = contrast(whiten(e, sample, WHITEN_BEFORE), papers, rng)
    if a.until == "whiten":
        e = whiten(e, sample, WHITEN_AFTER)
    write(a.out, vocab, e)


if __name__ == "__main__":
    main()
