# The two commands of a fresh machine: `go run ./cmd/kindred serve` and `make test`.
.PHONY: build test test-browser extension soak soak-kills soak-import soak-hour soak-ollama soak-quality soak-fuzz lint bench bench-go bench-lexicon golden

GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

# build writes bin/kindred.
build:
	$(GO) build -o bin/kindred ./cmd/kindred

# test is the gate: everything, in its short form. It installs what it needs.
test: lint
	.ci/ollama
	GO=$(GO) .ci/gotest -race -timeout 40m ./...
	GO=$(GO) .ci/browser
	.ci/fuzz 5s

# test-browser is the gate of the extension and of the page: a real Chromium, a real
# Firefox, a real server. It installs what it needs.
test-browser:
	GO=$(GO) .ci/browser

# extension writes api/extension/dist/{chrome,firefox}, and a zip of each, the
# same bytes every time. It needs Node.
extension:
	cd api/extension && npm ci --silent --ignore-scripts && npm run --silent build -- --zip

# lint checks the form of the code, and known vulnerabilities if their database answers.
lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -d $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) mod tidy -diff
	$(GO) run $(STATICCHECK) ./...
	GOVULNCHECK=$(GOVULNCHECK) .ci/vuln

# soak is the long form of what test does shortly; results go to RESULTS.md files.
soak: soak-kills soak-import soak-hour soak-ollama soak-fuzz

soak-kills:
	KINDRED_KILLS=20 GO=$(GO) .ci/gotest -race -timeout 60m -run 'Kill|Replaces' ./engine/sqlite ./cmd/kindred

# soak-import kills an import of a million papers 20 times.
soak-import:
	KINDRED_KILLS=20 KINDRED_KILL_PAPERS=1000000 GO=$(GO) .ci/gotest -timeout 3h -run KilledDuringALargeImport ./cmd/kindred

soak-hour:
	KINDRED_SOAK_SECONDS=3600 GO=$(GO) .ci/gotest -timeout 2h -run TestSoak ./cmd/kindred

# soak-ollama embeds 1,000 real abstracts four times, and distils a model of them; they
# come from the shared folder (KINDRED_SHARED).
soak-ollama:
	.ci/ollama
	KINDRED_ABSTRACTS=1000 GO=$(GO) .ci/gotest -timeout 3h -run 'VectorsDoNotDepend|Distill' ./cmd/kindred

# soak-quality is how good all-minilm is through a real Ollama, on the data of the
# shared folder: hours. It goes on where it was stopped.
soak-quality:
	.ci/ollama
	KINDRED_EVAL="csfcube goldreviewer citeulike-a-cold authorfeed-odd-pool" KINDRED_EVAL_CACHE=$${XDG_CACHE_HOME:-$$HOME/.cache}/kindred/eval GO=$(GO) .ci/gotest -timeout 12h -run 'EvalOllama' ./cmd/kindred

soak-fuzz:
	.ci/fuzz 2m

# bench measures the index against others, and the whole program, at three sizes; see
# engine/chromem/bench/README.md. bench-go runs the benchmarks beside the code.
bench:
	GO=$(GO) engine/chromem/bench/run

bench-go:
	$(GO) test -run '^$$' -bench . -benchmem ./engine/... ./embed/...

# bench-lexicon measures the lexicon against FTS5 and bleve; see engine/lexicon/bench/README.md.
bench-lexicon:
	papers=$$(realpath "$${KINDRED_BENCH_PAPERS:-$${KINDRED_SHARED:-../shared}/data/corpus/arxiv-2025-2026.jsonl.gz}") && cd engine/lexicon/bench && $(GO) run . -n 80000 "$$papers"

# golden rewrites the golden rankings. Read the diff before you commit it.
golden:
	$(GO) test ./cmd/kindred -run 'Golden$$|GoldenReaders' -update
