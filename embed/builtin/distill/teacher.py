"""The teacher, all-MiniLM-L6-v2 (BERT, 6 layers of 384), as an OpenVINO graph
built from its safetensors file. Architecture: Devlin et al., "BERT", 2019, and
the config.json beside the weights."""

import numpy as np
import openvino as ov
import openvino.opset13 as op
import openvino.properties as props
import openvino.properties.hint as hint
from safetensors.numpy import load_file

LAYERS, HEADS, WIDTH = 6, 12, 384
CLS, SEP, UNK = 101, 102, 100
READS = 256  # tokens, [CLS] and [SEP] included: max_seq_length of the model


def _ints(*x):
    return op.constant(np.array(x, np.int64))


def _graph(path):
    w = load_file(path)
    const = lambda name: op.constant(w[name])

    def linear(x, name):
        return op.add(op.matmul(x, const(name + ".weight"), False, True), const(name + ".bias"))

    def norm(x, name):
        unit = op.mvn(x, _ints(2), True, 1e-12, "inside_sqrt")
        return op.add(op.multiply(unit, const(name + ".weight")), const(name + ".bias"))

    def heads(x):  # batch, token, width -> batch, head, token, width of a head
        return op.transpose(op.reshape(x, _ints(0, 0, HEADS, WIDTH // HEADS), True), _ints(0, 2, 1, 3))

    ids = op.parameter([-1, -1], np.int32, "ids")
    attend = op.parameter([-1, -1], np.float32, "attend")  # 1: a token, 0: padding
    pool = op.parameter([-1, -1], np.float32, "pool")  # 1: counts in the mean
    length = op.slice(op.shape_of(ids), _ints(1), _ints(2), _ints(1))
    place = op.slice(const("embeddings.position_embeddings.weight"), _ints(0), length, _ints(1), _ints(0))
    kind = op.constant(w["embeddings.token_type_embeddings.weight"][0])
    word = op.gather(const("embeddings.word_embeddings.weight"), ids, op.constant(0))
    x = norm(op.add(word, op.add(place, kind)), "embeddings.LayerNorm")
    hide = op.multiply(op.subtract(op.unsqueeze(attend, _ints(1, 2)), op.constant(np.float32(1))), op.constant(np.float32(1e9)))
    for i in range(LAYERS):
        at = f"encoder.layer.{i}."
        q, k, v = (heads(linear(x, at + "attention.self." + n)) for n in ("query", "key", "value"))
        y = op.transpose(op.scaled_dot_product_attention(q, k, v, hide), _ints(0, 2, 1, 3))
        y = linear(op.reshape(y, _ints(0, 0, WIDTH), True), at + "attention.output.dense")
        x = norm(op.add(y, x), at + "attention.output.LayerNorm")
        y = op.gelu(linear(x, at + "intermediate.dense"), "erf")
        x = norm(op.add(linear(y, at + "output.dense"), x), at + "output.LayerNorm")
    m = op.unsqueeze(pool, _ints(2))
    mean = op.divide(op.reduce_sum(op.multiply(x, m), _ints(1)), op.reduce_sum(m, _ints(1)))
    return ov.Model([mean], [ids, attend, pool], "all-MiniLM-L6-v2")


class Teacher:
    """precision is "f32", or "bf16": four times faster where the processor has
    AMX; its vectors are within cosine 0.9999 of the others."""

    def __init__(self, path, precision):
        self.model = ov.Core().compile_model(_graph(path), "CPU", {
            hint.inference_precision: precision, hint.num_requests: 1,
            props.inference_num_threads: 1, props.num_streams: 1})

    def pieces(self, n):
        """Unit vectors of the word pieces 0..n-1: the last hidden state of each
        between [CLS] and [SEP]. Float32, n x 384."""
        out = np.empty((n, WIDTH), np.float32)
        for a in range(0, n, 512):
            i = np.arange(a, min(a + 512, n), dtype=np.int32)
            ids = np.stack([np.full_like(i, CLS), i, np.full_like(i, SEP)], 1)
            only = np.tile(np.float32([0, 1, 0]), (len(i), 1))
            out[i] = self.model([ids, np.ones_like(only), only])[0]
        return out / np.linalg.norm(out, axis=1, keepdims=True)

    def texts(self, tokens):
        """Unit vectors of texts, each a list of token numbers without [CLS] and
        [SEP]: the mean of all hidden states, as sentence-transformers has it.
        Float32, len(tokens) x 384."""
        out = np.empty((len(tokens), WIDTH), np.float32)
        length = np.array([min(len(t), READS - 2) for t in tokens])
        order = np.argsort(length, kind="stable")
        for a in range(0, len(order), 32):
            batch = order[a : a + 32]
            ids = np.zeros((len(batch), length[batch].max() + 2), np.int32)
            mask = np.zeros(ids.shape, np.float32)
            for row, i in enumerate(batch):
                n = length[i]
                ids[row, 0], ids[row, 1 : n + 1], ids[row, n + 1] = CLS, tokens[i][:n], SEP
                mask[row, : n + 2] = 1
            out[batch] = self.model([ids, mask, mask])[0]
        return out / np.linalg.norm(out, axis=1, keepdims=True)
