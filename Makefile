# Slipway: `make run` starts the demonstration, `make test` passes every test.
# One set of build tags everywhere, else the SQLite C file compiles again.
TAGS    := sqlite_fts5
export GOFLAGS := -tags=$(TAGS)
# SQLite plans a statement once, and not anew for each value that is bound: the
# planner looks at them for any "column = ?" and took half of a read's time. Nor
# does it count its memory, which takes a lock for each allocation.
export CGO_CFLAGS := -O2 -DSQLITE_ENABLE_QPSG -DSQLITE_DEFAULT_MEMSTATUS=0
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
# Inlining makes the pages' code a third larger, and not faster; nor does it help
# what waits for a database or a network. Only what reads and writes rows has it.
GCFLAGS := $(foreach cold,slipway github.com/minio github.com/danielgtaylor/huma github.com/pressly/goose github.com/CycloneDX \
  github.com/pkg/sftp github.com/ProtonMail github.com/cloudflare,-gcflags='$(cold)/...=-l') -gcflags='slipway/internal/db='

# What the tests write, nobody keeps: it goes into memory where there is room for
# it and programs run there, since half of their time went into a disk. GOTMPDIR
# is empty, as the tests' folders too go where it says.
ROOM := $(shell test "$$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)" -gt 4000000 2>/dev/null && \
  ! grep -q ' /dev/shm .*noexec' /proc/mounts && echo /dev/shm)
unit pgtest e2e: export GOTMPDIR :=
unit pgtest e2e: export TMPDIR := $(or $(ROOM),$(TMPDIR),/tmp)

# The compiler, staticcheck and the tests live too shortly to collect often.
fresh vet staticcheck unit pgtest e2e: export GOGC := 400

.PHONY: help run dev build generate fresh format vet staticcheck lint test unit pgtest e2e check bench install clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build, fill ./var with the demonstration, and serve it on http://127.0.0.1:8080
	bin/slipway demo

build: ## bin/slipway, one binary with its assets inside
	go build -trimpath -ldflags '$(LDFLAGS)' $(GCFLAGS) -o bin/slipway ./cmd/slipway

dev: ## serve, and rebuild whenever a template or a Go file changes
	go tool templ generate --watch --proxy=http://127.0.0.1:8080 --cmd="go run ./cmd/slipway demo"

generate: ## templates into Go, and what Slipway's own release brings
	go tool templ fmt templates
	go tool templ generate
	go generate ./...

fresh: ## generated files, formatting and go.mod are as committed
	go tool templ generate
	@git diff --exit-code -- '*_templ.go' || { echo "run make generate and commit the result"; exit 1; }
	go mod tidy -diff

format: ## every Go file is formatted
	@test -z "$$(gofmt -l cmd internal web static templates)" || { gofmt -l cmd internal web static templates; echo "run gofmt -w on these"; exit 1; }

vet:
	go vet -composites=false -tags '$(TAGS) e2e' ./...

staticcheck:
	go tool staticcheck -tags '$(TAGS) e2e' ./...

lint: vet staticcheck ## go vet and staticcheck

install: ## what the tests need beyond Go and gcc, through apt
	.ci/install

# vet has looked at the tests too, so that none of these does again. Without what
# only a debugger reads, a test program is linked in half the time.
TEST := go test -vet=off -ldflags=-w

unit: ## every test on SQLite
	$(TEST) ./...

# The packages whose tests are linked with dbtest, which alone opens PostgreSQL.
WITHDB = go list -test -f '{{if .ForTest}}{{.ForTest}} {{.Deps}}{{end}}' ./internal/... | grep slipway/internal/dbtest | cut -d ' ' -f 1 | sort -u

pgtest: ## the service tests again, and every route, on PostgreSQL
	packages=$$($(WITHDB)) && test -n "$$packages" && .ci/with-postgres $(TEST) -count=1 $$packages ./web ./web/ddi
	.ci/with-postgres $(TEST) -count=1 -run OnOneDatabase ./cmd/slipway

e2e: ## whole journeys in Chromium
	$(TEST) -count=1 -timeout 20m -tags '$(TAGS) e2e' ./web/e2e/...

test: install unit pgtest e2e ## every test that needs nothing but this machine

# What waits for a network or for its slowest package leaves a core to the next;
# vet goes alone, as it compiles what all the others need.
check: ## all that CI runs
	$(MAKE) -j2 -Otarget install fresh
	$(MAKE) format vet
	$(MAKE) -j2 -Otarget staticcheck unit pgtest e2e

bench: build ## the figures, as ratios within one run
	.ci/bench

clean: ## remove what the build made; ./var stays
	rm -rf bin
