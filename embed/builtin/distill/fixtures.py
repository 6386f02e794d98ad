"""Writes what the teacher's own tokenizer makes of texts we wrote, one JSON
object a line: {"text": …, "tokens": […]}, words that are [UNK] left out.

    fixtures.py TEACHER_DIR OUT
"""

import json
import sys
import unicodedata

from distill import UNK, tokenizer

TEXTS = [
    "a",
    "Attention is all you need",
    "We propose BERT-style pre-training (w/o labels); it's 3.7x faster, i.e. 42% of GPT-4's cost!",
    "electroencephalographically unaffable antidisestablishmentarianism",
    "Überraschung: naïve café, Ångström, Łódź, İstanbul, ĲSSEL, ﬁnite ﬂow, Dvořák, Erdős, Gödel",
    "e\u0301 combining, n\u0303 twice \u0301\u0302, a\u0338 slash, \u2260 and \u2262",
    "Straße STRASSE ẞ ß, Σίσυφος ΣΊΣΥΦΟΣ, Пример текста Й й Ё, שָׁלוֹם, مُحَمَّد, हिन्दी, ไทย, ქართული",
    "神经网络 的表示学习 and 日本語のテキスト ニューラル 한국어 텍스트 漢字kanji混在",
    "\uf900\uf901 compatibility \U0002f800 \U00020000 rare",
    "emoji 🧬🤖 👩\u200d🔬 🇪🇺 x🙂y",
    r"We bound $\|\nabla f(x)\|_2 \le \frac{1}{\sqrt{n}}$ \cite{doe2020} \emph{almost surely}.",
    "α-helix β₂-microglobulin Δx→0 ∑ᵢ xᵢ² ≤ ∞, ½ of 10⁻³ ℝⁿ ℓ₁ ∂u/∂t",
    "tab\tnewline\ncarriage\r\nnbsp\u00a0em\u2003line\u2028para\u2029ideographic\u3000end",
    "control \x01\x02 bell\x07 vertical\x0btab form\x0cfeed del\x7f c1\x85x zero\u200bwidth soft\u00adhyphen bom\ufeff",
    "nul \x00 inside, replacement \ufffd character, private \ue000 use",
    "[CLS] [SEP] [UNK] [MASK] [PAD] [unused7] ##ing # ## ###",
    "“curly” ‘quotes’ — em–en dash… ¿qué? ¡sí! «guillemets» 、。「」・ ؟ ، ।",
    "$100 €100 £5 ¥7 a+b=c <tag> x^2 `code` ~tilde |pipe| ©®™ °C µm §3 ¶ ± × ÷",
    "3.14159 1,000,000 2026-11-23 arXiv:2505.06537v2 10.1038/s41586-021-03819-2 http://a.b/c?d=e&f=g",
    "x" * 100 + " " + "y" * 101 + " after",
    "é" * 100 + " " + "é" * 101 + " after",
    "CamelCaseWord mRNA CRISPR-Cas9 SARS-CoV-2 TNF-α IL-6 p53 H2O CO₂ Na⁺/K⁺-ATPase",
    "I I. II III IV ⅳ Ⅳ ① ㈱ ﷽ ǅ ǆ ŉ ʼn",
    "퀀텀 각 가 힣 ᄀ ᆨ",
    "x\u0300\u0301y \u0300 lone, z\u20dd enclosing, \u0903 spacing",
    "don't can't we'll l'état O'Neil rock'n'roll",
    "__init__ snake_case kebab-case path/to/file.txt C++ C# .NET node.js @user #tag",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbb zzzzqqqqxxxx qwrtpsdfgh",
    "ﬀ ﬃ ſt K Å Ω ℃ № ℡",
    "Graph  neural   networks\n\n\nfor    molecules ",
    "\u1e9b\u0323 \u0344 \u037e \u0387 \u1fee \u2000 \u2001 \u212b",
]


def main():
    tok = tokenizer(sys.argv[1])
    vocab = {i: t for t, i in tok.get_vocab().items()}
    # Characters up to U+33FF, each between two letters. The teacher's tokenizer
    # has the tables of Unicode 8, Go those of 15: only characters that were
    # there in Unicode 3.2 are taken, without the four that changed category.
    changed = (0x166D, 0x1734, 0x1885, 0x1886)
    block = lambda c: chr(c) if c not in changed and unicodedata.ucd_3_2_0.category(chr(c)) != "Cn" else ""
    blocks = ["".join(f"a{block(c)}b " for c in range(a, a + 256) if block(c)) for a in range(0, 0x3400, 256)]
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        for text in TEXTS + list(filter(None, blocks)):
            ids = tok.encode(text, add_special_tokens=False).ids
            f.write(json.dumps({"text": text, "tokens": [vocab[i] for i in ids if i != UNK]}, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
