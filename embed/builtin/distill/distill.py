"""Makes the model file of package builtin. README.md says why each step.

1. vocab     the teacher's vector of every word piece            (model2vec)
2. regress   piece vectors whose weighted sum over an abstract comes near the
             teacher's vector of that abstract, drawn towards those of step 1
3. contrast  a little training: two random halves of one paper shall be nearer
             to each other than to the halves of 1,023 others   (InfoNCE)
4. whiten    common directions of papers made shorter            (folded in)
5. authors   more of step 3, and two papers of one author shall be nearer to
             each other than to those of 1,023 other authors; the mean of three
             such runs, and then step 4 again
6. write     int8 with one scale a row; model.go describes the file

--until NAME stops after that step and writes what there is. --start FILE begins
with step 5, from a model file that steps 1 to 4 made.
"""

import argparse
import collections
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

NAME = "kindred-static-2"
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
AUTHORS = 2, 60  # papers of a name that is one author's: of more, it is several people's
AUTHOR_RUNS, AUTHOR_STEPS, AUTHOR_RATE, AUTHOR_WHITEN = 3, 600, 0.0005, 0.15


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
    """Token numbers, and names of authors, of every paper that is not held out
    and has at least 32 tokens."""
    ids, titles = held_out(data)
    tok = tokenizer(teacher)
    papers, names = [], []
    for name in CORPUS:
        some = [p for p in read_jsonl(f"{data}/corpus/{name}.jsonl.gz") if p["id"] not in ids and plain(p["title"]) not in titles]
        for a in range(0, len(some), 2000):
            part = some[a : a + 2000]
            for p, e in zip(part, tok.encode_batch_fast([join(p["title"], p.get("abstract")) for p in part], add_special_tokens=False)):
                if len(e.ids) >= 32:
                    papers.append(np.array(e.ids, np.int32))
                    names.append({named(n) for n in p.get("authors") or ()})
    return papers, names


def named(author):
    return " ".join(author.lower().replace(".", "").split())


def testers(data):
    """The names of the people of the authorfeed test. The data does not say them:
    a name on four fifths of a user's papers is taken for his or hers."""
    users = collections.defaultdict(set)
    for part in "likes_dev", "test_dev":
        for line in open(f"{data}/authorfeed/{part}.tsv"):
            user, paper = line.split()
            users[user].add(paper)
    wanted = set().union(*users.values())
    names = {p["id"]: {named(n) for n in p.get("authors") or ()}
             for c in CORPUS for p in read_jsonl(f"{data}/corpus/{c}.jsonl.gz") if p["id"] in wanted}
    out = set()
    for papers in users.values():
        count = collections.Counter(n for p in papers for n in names.get(p, ()))
        out |= {n for n, k in count.items() if k >= 0.8 * len(papers)}
    return out


def by_author(names, testers):
    """The papers of each author who has some and is no tester."""
    papers = collections.defaultdict(list)
    for i, some in enumerate(names):
        for n in some:
            papers[n].append(i)
    return [np.array(p) for n, p in sorted(papers.items()) if AUTHORS[0] <= len(p) <= AUTHORS[1] and " " in n and n not in testers]


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


def pull(e, a, b, same=False):
    """The gradient by e of InfoNCE (van den Oord et al. 2018, eq. 4): the papers of
    the bags a and b belong together row by row, in both directions, with the other
    rows as negatives but where same is true. Also how many find theirs."""
    u, w = a @ e, b @ e
    nu, nw = (np.linalg.norm(x, axis=1, keepdims=True) + 1e-6 for x in (u, w))
    u, w = u / nu, w / nw
    s = np.where(same, np.float32(-1e4), u @ w.T / np.float32(TEMPERATURE))
    row, col = np.exp(s - s.max(1, keepdims=True)), np.exp(s - s.max(0))
    g = (row / row.sum(1, keepdims=True) + col / col.sum(0)) / (2 * BATCH * TEMPERATURE)
    g[np.arange(BATCH), np.arange(BATCH)] -= 1 / (BATCH * TEMPERATURE)
    du, dw = g @ w, g.T @ u
    du = (du - (du * u).sum(1, keepdims=True) * u) / nu
    dw = (dw - (dw * w).sum(1, keepdims=True) * w) / nw
    return (a.T @ du + b.T @ dw).astype(np.float32), (s.argmax(1) == np.arange(BATCH)).mean()


def descend(e, steps, top, gradient):
    """Adam (Kingma & Ba 2015), the rate falling from top to 0 in a line."""
    e = e / np.sqrt((e**2).sum(1).mean())
    m, v = np.zeros_like(e), np.zeros_like(e)
    for step in range(1, steps + 1):
        d, found = gradient(e, step)
        m = 0.9 * m + 0.1 * d
        v = 0.999 * v + 0.001 * d * d
        rate = top * (1 - step / steps)
        e = (e - rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)).astype(np.float32)
        if step % 40 == 0:
            log(f"step {step}/{steps}: {found:.3f} find theirs")
    return e


def contrast(e, papers, rng):
    """Two random halves of one paper belong together."""
    order = rng.permutation(len(papers))

    def gradient(e, step):
        nonlocal order
        at = (step - 1) % (len(papers) // BATCH)
        if at == 0 and step > 1:
            order = rng.permutation(len(papers))
        a, b = halves([papers[i] for i in order[at * BATCH : (at + 1) * BATCH]], rng)
        return pull(e, bags(a, len(e)), bags(b, len(e)))

    return descend(e, EPOCHS * (len(papers) // BATCH), RATE, gradient)


def authors(e, papers, bag, groups, rng):
    """Two papers of one author belong together, and so do two halves of a paper."""

    def gradient(e, _):
        a, b = halves([papers[i] for i in rng.integers(len(papers), size=BATCH)], rng)
        d, _ = pull(e, bags(a, len(e)), bags(b, len(e)))
        pairs = np.array([rng.choice(groups[g], 2, replace=False) for g in rng.integers(len(groups), size=BATCH)])
        twice = (pairs[:, 1, None] == pairs[None, :, 1]) & ~np.eye(BATCH, dtype=bool)
        of_author, found = pull(e, bag[pairs[:, 0]], bag[pairs[:, 1]], twice)
        return d + of_author, found

    return descend(e, AUTHOR_STEPS, AUTHOR_RATE, gradient)


def whiten(e, bag, power):
    """Divides each principal direction of the papers by its variance to the
    power; half would make them equal (Mu & Viswanath, "All-but-the-Top", 2018,
    remove a few outright)."""
    value, axes = np.linalg.eigh(np.cov(unit(bag @ e).T))
    value = np.maximum(value, value.max() * 1e-4)
    return (e @ ((axes * value**-power) @ axes.T)).astype(np.float32)


def read(path, vocab):
    """What write wrote, but for its rounding; rows that it left out are 0."""
    data = open(path, "rb").read()
    dim, rows, name, text = struct.unpack_from("<4I", data, 8)
    at = 24 + name
    place = {t: i for i, t in enumerate(vocab)}
    scale = np.frombuffer(data, "<u2", rows, at + text).astype(np.float32)
    part = np.frombuffer(data, np.int8, rows * dim, at + text + 2 * rows).reshape(rows, dim)
    e = np.zeros((len(vocab), dim), np.float32)
    e[[place[t] for t in data[at : at + text].decode().split("\n")]] = part * scale[:, None]
    return e


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


def steps(a, weights, papers, bag, order, rng):
    """Steps 1 to 4, as far as a.until."""
    size, sample = bag.shape[1], bag[order[-15_000:]]
    frequency = np.maximum(np.bincount(bag.indices, minlength=size), 5)
    idf = np.maximum(np.log(len(papers) / frequency), 0.05).astype(np.float32)
    pieces = cached(a.cache, "pieces", lambda: Teacher(weights, "f32").pieces(size))
    if a.until == "vocab":
        return (pieces - (np.asarray(bag.sum(0)).ravel() * idf / (bag @ idf).sum()) @ pieces) * idf[:, None]
    taught = order[:TAUGHT]
    target = cached(a.cache, "texts", lambda: Teacher(weights, "bf16").texts([papers[i] for i in taught]).astype(np.float16))
    log(f"{len(target)} papers read by the teacher")
    target = unit(target - target.mean(0, dtype=np.float32)).astype(np.float32)
    value, axes = np.linalg.eigh(target.T @ target / len(target))
    target = unit(target @ axes[:, ::-1][:, :DIM] * np.maximum(value[::-1][:DIM], 1e-4) ** -SPREAD)
    e = regress(bag[taught], target, pieces, idf)
    log("regressed")
    if a.until == "regress":
        return e
    e = contrast(whiten(e, sample, WHITEN_BEFORE), papers, rng)
    return e if a.until == "contrast" else whiten(e, sample, WHITEN_AFTER)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--teacher", required=True, help="folder with model.safetensors and tokenizer.json")
    a.add_argument("--data", required=True, help="folder with corpus/ and the test sets, which are left out")
    a.add_argument("--cache", required=True, help="folder for the teacher's vectors")
    a.add_argument("--out", required=True)
    a.add_argument("--start", metavar="FILE")
    a.add_argument("--until", choices=("vocab", "regress", "contrast", "whiten", "authors"), default="authors")
    a = a.parse_args()

    weights = a.teacher + "/model.safetensors"
    if (got := hashlib.sha256(open(weights, "rb").read()).hexdigest()) != WEIGHTS:
        raise SystemExit(f"{weights} has sha256 {got}")
    vocab = open(a.teacher + "/vocab.txt", encoding="utf-8").read().split("\n")[:-1]
    papers, names = corpus(a.data, a.teacher)
    groups = by_author(names, testers(a.data))
    log(f"{len(papers)} papers, {len(groups)} authors")
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(papers))
    bag = bags(papers, len(vocab))
    sample = bag[order[-15_000:]]
    if a.start:
        e = read(a.start, vocab)
    else:
        e = steps(a, weights, papers, bag, order, rng)
    if a.until == "authors":
        e = whiten(e, sample, WHITEN_BEFORE)
        runs = [authors(e, papers, bag, groups, r) for r in rng.spawn(AUTHOR_RUNS)]
        e = whiten(np.mean(runs, axis=0), sample, AUTHOR_WHITEN)
    write(a.out, vocab, e)


if __name__ == "__main__":
    main()
