# SPDX-License-Identifier: MIT
# weir: `make` leaves the program at build/weir, `make help` says the rest.
#
# Every source but main.c goes into libweir.a, so that a test links only what
# it uses. Objects live under $(O); a variant is the same build with another O.

VERSION = 0.1.0
PREFIX  = /usr/local
O       = build

ifeq ($(origin CC),default)
CC = gcc
endif
ifeq ($(origin CXX),default)
CXX = $(if $(findstring clang,$(CC)),clang++,g++)
endif

# What a variant may set: SANITIZE=address,undefined for one.
SANITIZE =
CFLAGS   = -O3 -g
LDFLAGS  =

PACKAGES = libuv libcurl jansson inih libmicrohttpd libsystemd re2 \
	libutf8proc libcrypto gmp

# With other flags the compiler sees other things: no reason not to build.
WERROR   = $(if $(filter file,$(origin CFLAGS)),-Werror)
WARN     = -Wall -Wextra $(WERROR) -Wshadow -Wpointer-arith -Wcast-qual \
	-Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough -Wwrite-strings
WARN_C   = -Wmissing-prototypes -Wstrict-prototypes
# Mixing FORTIFY with a sanitizer hides what the sanitizer should see.
HARDEN   = $(if $(SANITIZE),$(SANITIZED),-D_FORTIFY_SOURCE=2 \
	-fstack-protector-strong) -fPIE
SANITIZED = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all

CPPFLAGS = -D_GNU_SOURCE -DWEIR_VERSION='"$(VERSION)"' -iquote include
ALL_C    = -std=c11 $(CPPFLAGS) $(WARN) $(WARN_C) $(HARDEN) \
	-fno-omit-frame-pointer $(CFLAGS) $(LIB_CFLAGS)
ALL_CXX  = -std=c++17 $(CPPFLAGS) $(WARN) $(HARDEN) \
	-fno-omit-frame-pointer $(CFLAGS) $(LIB_CFLAGS)
ALL_LD   = -pie -Wl,-z,relro,-z,now -Wl,--as-needed \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)
LDLIBS   = $(LIB_LIBS) -lcrypt -lm -lpthread

SRC  := $(sort $(wildcard src/*/*.c src/*/*.cc))
OBJ  := $(patsubst %,$(O)/%.o,$(basename $(SRC)))
MAIN := $(patsubst %.c,$(O)/%.o,$(wildcard src/main.c))
LIB  := $(O)/libweir.a
WEIR := $(if $(MAIN),$(O)/weir)

# tests/unit/test_NAME.c is a program; every other file there serves them all.
UNIT      := $(patsubst tests/%.c,$(O)/%,$(wildcard tests/unit/test_*.c))
UNIT_HELP := $(patsubst %.c,$(O)/%.o,\
	$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
FUZZ      := $(patsubst tests/%.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))
TOOLS     := $(patsubst tests/%.c,$(O)/%,$(wildcard tests/tools/*.c))
DIFF      := $(O)/differential
FAULT     := $(O)/fault/nth.so
BENCH     := $(patsubst tests/%.c,$(O)/%,$(wildcard tests/bench/bench_*.c))

.DELETE_ON_ERROR:
.PHONY: all unit oom faults unit-programs fuzz-programs test test-matrix proof lint asan \
	bench bench-live bench-engine bench-steps differential differential-yaml \
	differential-functions fuzz soak chaos demo install clean help FORCE

all: $(LIB) $(WEIR) ## the program (build/weir)

# --- what the libraries want; made once, after packaging/deps.sh -----------

ifneq ($(filter-out clean help,$(or $(MAKECMDGOALS),all)),)
include $(O)/libs.mk
endif

$(O)/libs.mk: Makefile packaging/deps.sh
	@packaging/deps.sh build
	@mkdir -p $(@D)
	@cflags=$$(pkg-config --cflags $(PACKAGES)) && \
	libs=$$(pkg-config --libs $(PACKAGES)) && \
	printf 'LIB_CFLAGS = %s\nLIB_LIBS = %s\n' "$$cflags" "$$libs" >$@

# Rewritten only when the flags differ, so that other flags rebuild everything.
FLAGS = $(CC) $(CXX) $(ALL_C) $(ALL_LD)
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || \
		echo '$(subst ','\'',$(FLAGS))' >$@

# --- objects and programs ---------------------------------------------------

# One short line for each command; V=1 shows the command itself.
say = $(if $(V),,@printf '%-5s%s\n' $(1) $(2); )

$(O)/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_C) -MMD -MP -c -o $@ $<

$(O)/%.o: %.cc $(O)/flags
	@mkdir -p $(@D)
	$(call say,CXX,$<)$(CXX) $(ALL_CXX) -MMD -MP -c -o $@ $<

$(LIB): $(OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)$(AR) qcs $@ $^

$(O)/weir: $(MAIN) $(LIB)
	$(call say,LINK,$@)$(CXX) $(ALL_LD) -o $@ $^ $(LDLIBS)

# A test says in a comment of its own which functions it puts its own in place
# of: /* ldflags: -Wl,--wrap=fsync */
wraps = $(shell sed -n 's,^/\* ldflags: \(.*\) \*/$$,\1,p' $(1))

$(UNIT): $(O)/unit/%: $(O)/tests/unit/%.o $(UNIT_HELP) $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LD) $(call wraps,tests/unit/$*.c) -o $@ $^ -lcmocka $(LDLIBS)

$(FUZZ): $(O)/fuzz/%: $(O)/tests/fuzz/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LD) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

$(BENCH): $(O)/bench/%: $(O)/tests/bench/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LD) -o $@ $^ $(LDLIBS)

$(TOOLS): $(O)/tools/%: $(O)/tests/tools/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LD) -o $@ $^ $(LDLIBS)

$(DIFF)/driver: $(O)/tests/differential/driver.o \
		$(O)/tests/differential/shims.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LD) -o $@ $^ $(LDLIBS)

$(DIFF)/functions: $(O)/tests/differential/driver.o \
		$(O)/tests/differential/functions.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LD) -o $@ $^ $(LDLIBS)

$(DIFF)/yaml: $(O)/tests/differential/yaml.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LD) -o $@ $^ $(LDLIBS)

$(O)/oom: $(O)/tests/oom/oom.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LD) -rdynamic -o $@ $^ $(LDLIBS)

$(FAULT): tests/fault/nth.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) -std=c11 $(CPPFLAGS) $(WARN) -O1 -fPIC -shared \
		-o $@ $< -ldl

$(DIFF)/compare: $(wildcard tests/differential/compare/*)
$(DIFF)/compare-yaml: $(wildcard tests/differential/yaml/*)
$(DIFF)/compare-functions: $(wildcard tests/differential/functions/*)
$(O)/bench/bench_go: $(wildcard tests/bench/go/*)
$(DIFF)/compare $(DIFF)/compare-yaml $(DIFF)/compare-functions $(O)/bench/bench_go:
	@mkdir -p $(@D)
	$(call say,GO,$(<D))cd $(<D) && GOTOOLCHAIN=local go build -o $(abspath $@) .

-include $(OBJ:.o=.d) $(MAIN:.o=.d) $(wildcard $(O)/tests/*/*.d)

# --- what a person asks for -------------------------------------------------

unit-programs: $(UNIT) $(TOOLS) $(DIFF)/driver $(DIFF)/functions $(O)/oom $(FAULT)
fuzz-programs: $(FUZZ)

unit: unit-programs ## build and run the unit tests
	tests/run --build $(O) unit

test: ## everything: install what tests need, build, run all suites
	packaging/deps.sh build test versions
	$(MAKE) all unit-programs
	tests/run --build $(O)

MATRIX = 2.2 2.6 3.0 3.2
STEPS  = 2000
SEED   = 1
PROOF  = WEIR_WALK_STEPS=$(STEPS) WEIR_WALK_SEED=$(SEED) \
	WEIR_LOAD_CHANGES=500 WEIR_LOAD_RELOADS=50 WEIR_TEST_LIMIT=7200
test-matrix: ## what touches HAProxy, whole proofs too, on each of MATRIX (2.2 2.6 3.0 3.2)
	packaging/deps.sh build test matrix
	$(MAKE) all unit-programs
	WEIR_TEST_MATRIX='$(MATRIX)' $(PROOF) tests/run --build $(O) matrix

lint: ## format, static analysis, include table, scripts
	packaging/deps.sh lint
	tests/lint

ASAN = O=build/asan SANITIZE=address,undefined CFLAGS='-O1 -g' WERROR=-Werror
asan: ## unit tests and template cases under the sanitizers
	$(MAKE) $(ASAN) all unit-programs
	tests/run --build build/asan unit template oom

FUZZ_SECONDS = 10
fuzz: ## each fuzz program for FUZZ_SECONDS (10)
	packaging/deps.sh fuzz
	$(MAKE) O=build/fuzz CC=clang CFLAGS='-O1 -g -DLIMIT_STEPS=1000000u' \
		WERROR=-Werror SANITIZE=fuzzer-no-link,address,undefined fuzz-programs
	tests/fuzz/run build/fuzz/fuzz $(FUZZ_SECONDS)

SAMPLE = 3
oom: $(O)/oom ## the template cases while memory runs out (SAMPLE=all: at every call)
	tests/oom/run.py --build $(O) --sample $(SAMPLE)

faults: all $(FAULT) ## an apply fails, or is killed, at every call that touches a file
	packaging/deps.sh test
	tests/fault/run.py --build $(O)

COUNT = 20000
differential: $(DIFF)/driver $(DIFF)/compare ## COUNT= random templates against Go's engine (needs Go)
	$(DIFF)/compare -driver $(DIFF)/driver -count $(COUNT) -seed $(SEED) \
		-corpus tests/template/cases -found $(DIFF)/found

YAML_FILES = tests packaging
differential-yaml: $(DIFF)/yaml $(DIFF)/compare-yaml ## COUNT= random YAML documents against yaml.v2 (needs Go)
	$(DIFF)/compare-yaml -driver $(DIFF)/yaml -count $(COUNT) -seed $(SEED) \
		$(YAML_FILES)

differential-functions: $(WEIR) $(DIFF)/functions $(DIFF)/compare-functions ## COUNT= random calls of functions against consul-template's (needs Go)
	$(WEIR) check --functions >$(DIFF)/names
	$(DIFF)/compare-functions -driver $(DIFF)/functions -count $(COUNT) \
		-seed $(SEED) -names $(DIFF)/names -found $(DIFF)/found

bench: all $(BENCH) ## figures against Consul and HAProxy
	packaging/deps.sh test
	tests/bench/run
	$(O)/bench/bench_decode

bench-live: all $(O)/bench/bench_steps ## figures of changes without a reload, beside reloads
	packaging/deps.sh test
	$(O)/bench/bench_steps
	tests/bench/live

# The walk and the load of the tests, as long as they were meant.
proof: all ## the random walk of STEPS (2000), 500 changes and 50 reloads under load
	packaging/deps.sh build test
	$(PROOF) tests/flow/run.py walk load

bench-engine: all $(BENCH) ## figures of the template engine, beside Go's if Go is here
	@if command -v go >/dev/null; then $(MAKE) $(O)/bench/go.txt; \
	else echo "no Go here, so no figures of its engine"; fi
	@go=$$(command -v go >/dev/null && echo $(O)/bench/go.txt); \
	$(O)/bench/bench_engine $$go && $(O)/bench/bench_real $$go

bench-steps: $(O)/bench/bench_steps ## figures of the planner: two texts to steps
	$(O)/bench/bench_steps

$(O)/bench/go.txt: $(O)/bench/bench_go FORCE
	$(O)/bench/bench_go $(O)/weir >$@

CHANGES = 1000000
soak: all ## CHANGES= changes of a catalog: memory and descriptors stay level
	packaging/deps.sh test
	tests/soak/run --changes $(CHANGES)

MINUTES = 30
chaos: all ## MINUTES= of random faults under load (SEED=)
	packaging/deps.sh test
	tests/chaos/run --minutes $(MINUTES) --seed $(SEED)

demo: all ## the story in a minute, on a real HAProxy (DEMO=consul: Consul too)
	packaging/deps.sh test
	demo/run

BINDIR  = $(DESTDIR)$(PREFIX)/bin
SHARE   = $(DESTDIR)$(PREFIX)/share
LIBDIR  = $(DESTDIR)$(PREFIX)/lib
UNITDIR = $(LIBDIR)/systemd/system
put     = @for f in $(wildcard $(2)); do \
	install -D -m 644 $$f $(1)/$${f\#\#*/}; done
install: all ## DESTDIR= PREFIX=/usr/local
	install -D -m 755 $(O)/weir $(BINDIR)/weir
	$(call put,$(SHARE)/man/man1,packaging/man/*.1)
	$(call put,$(SHARE)/man/man5,packaging/man/*.5)
	$(call put,$(SHARE)/man/man7,packaging/man/*.7)
	$(call put,$(SHARE)/man/man8,packaging/man/*.8)
	$(call put,$(UNITDIR),packaging/systemd/*.service \
		packaging/systemd/*.socket)
	install -D -m 644 packaging/systemd/weir.sysusers \
		$(LIBDIR)/sysusers.d/weir.conf
	$(call put,$(SHARE)/weir/templates,templates/*.tmpl)
	$(call put,$(SHARE)/doc/weir/examples,packaging/*.ini)
	install -D -m 644 packaging/completion/weir.bash \
		$(SHARE)/bash-completion/completions/weir
	@for f in $(UNITDIR)/weir*.service; do [ ! -f "$$f" ] || \
		sed -i 's,/usr/bin/weir,$(PREFIX)/bin/weir,' "$$f"; done

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.* ## /\1	/p' Makefile | \
	while IFS='	' read -r name does; do \
		printf '%-24s%s\n' "$$name" "$$does"; done
