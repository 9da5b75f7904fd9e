# How the tests run. `make check` runs them all; each check-NAME runs alone too.

CHECKS := layers warnings c py libffi oracle headers conformance sanitize references fuzz exhaust valgrind aarch64 pythons package

oracles := calls types expressions mutations attributes preprocess

.PHONY: check-races dropin-wheel run-demo run-checks run-headers smoke test-tools bench oracle conformance surface references packages packages-quick \
        $(addprefix oracle-,$(oracles)) $(addprefix check-,$(CHECKS))

run-demo: ext
	@$(py_env) $(py_exe) tests/demo.py

run-checks: ext
	+@tests/run-checks $(BUILD)/checks $(CHECKS)

# --- tools -----------------------------------------------------------------------------------

# One venv for each interpreter; a sanitized build shares its parent's. It is made again when the requirements are others than
# those that .ready is a copy of: another checkout with the same ones may share it, whichever files are newer.
VENVS ?= $(BUILD)/venv
export VENVS
venv := $(VENVS)/$(py_tag)
bench_venv := $(VENVS)/$(py_tag)-bench

unless_same = $(shell cmp -s '$(1)' '$(2)' || echo other-requirements)
.PHONY: other-requirements
$(venv)/.ready: $(call unless_same,tests/requirements.txt,$(venv)/.ready)
$(venv)/.ready: requirements := tests/requirements.txt
$(bench_venv)/.ready: $(call unless_same,bench/requirements.txt,$(bench_venv)/.ready)
$(bench_venv)/.ready: requirements := bench/requirements.txt
$(venv)/.ready $(bench_venv)/.ready:
	@echo '  VENV    $(notdir $(@D))'
	@rm -rf $(@D) && $(py_exe) -m venv $(@D)
	@$(@D)/bin/python -m pip install -q --disable-pip-version-check -r $(requirements)
	@cp $(requirements) $@

testlib := $(BUILD)/tests/libcdeffitest.so
testlib_obj := $(patsubst %.c,$(BUILD)/obj/%.o,$(TESTLIB_SRC))

$(testlib): $(testlib_obj) sources.mk
	@mkdir -p $(@D)
	$(call run,LINK,$(@F)) $(LINK) -shared -o $@ $(testlib_obj) -lm

test-tools: $(venv)/.ready $(if $(TESTLIB_SRC),$(testlib))

# Nothing is written into the source tree. A sanitized extension needs its run-time library first,
# CPython's own leaks are not ours, and pytest may not swallow a last report. On free-threaded Python (cpython-313t-...)
# the GIL stays off even when some other module, such as one that a test compiles, would bring it back.
py_env = PYTHONPATH=$(BUILD)/dropin:$(BUILD)/python PYTHONPYCACHEPREFIX=$(BUILD)/pycache \
         HYPOTHESIS_STORAGE_DIRECTORY=$(BUILD)/hypothesis CDEFFI_TESTLIB=$(testlib) CC='$(CC)' \
         $(if $(filter %t,$(word 2,$(subst -, ,$(py_tag)))),PYTHON_GIL=0) \
         $(if $(SANITIZE),$(if $(tsan),$(tsan_env) LD_PRELOAD=$$($(CC) -print-file-name=libtsan.so) setarch -R,$(asan_env)))
asan_env = LD_PRELOAD=$$($(CC) -print-file-name=libasan.so) PYTHONMALLOC=malloc \
           ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:allocator_may_return_null=1 UBSAN_OPTIONS=abort_on_error=1:print_stacktrace=1
# ThreadSanitizer wants memory where the kernel does not always put it.
tsan = $(findstring thread,$(SANITIZE))
tsan_env = TSAN_OPTIONS='halt_on_error=1 die_after_fork=0 second_deadlock_stack=1 suppressions=$(root)/tests/tsan.supp'
pytest = $(py_env) $(venv)/bin/python -m pytest -o cache_dir=$(BUILD)/pytest_cache \
         $(if $(SANITIZE),--capture=sys) $(PYTEST_ARGS)

# --- what is checked --------------------------------------------------------------------------

check-layers: $(lib)
	@sh tests/layers.sh $(if $(own_obj),$(lib))

runner := $(BUILD)/tests/runner
ctest_obj := $(patsubst %.c,$(BUILD)/obj/%.o,tests/c/runner.c $(CTEST_SRC))

oracle_drivers := $(BUILD)/tests/calls_driver $(BUILD)/tests/driver $(BUILD)/tests/preprocess_driver
oracle_obj := $(patsubst $(BUILD)/tests/%,$(BUILD)/obj/tests/oracle/%.o,$(oracle_drivers))
facts := $(BUILD)/tests/facts
facts_obj := $(BUILD)/obj/tests/headers/facts.o
test_obj := $(ctest_obj) $(testlib_obj) $(oracle_obj) $(facts_obj)

$(gen)/suites.h: sources.mk
	@mkdir -p $(@D)
	@printf 'SUITE(%s)\n' $(patsubst test_%,%,$(basename $(notdir $(CTEST_SRC)))) >$@

$(test_obj): $(BUILD)/obj/tests/%.o: tests/%.c $(BUILD)/config.h | $(gen)/suites.h $(gen_hdr)
	@mkdir -p $(@D)
	$(call run,CC,$<) $(COMPILE) -Wall -Wextra -Wno-psabi $(CHECK_CFLAGS) $(CFLAGS) -fvisibility=default -o $@ $<

$(BUILD)/obj/tests/c/runner.o: $(gen)/suites.h

$(runner): $(ctest_obj) $(lib) sources.mk
	@mkdir -p $(@D)
	$(call run,LINK,$(@F)) $(LINK) -o $@ $(ctest_obj) $(lib) $(LIBFFI_LIBS) $(CHECK_LIBS)

# Forking tells which test crashed, but hides leaks from the sanitizer.
check-c: $(runner)
	$(call run,CHECK,$(if $(SANITIZE),sanitized)) $(if $(SANITIZE),CK_FORK=no) $(if $(tsan),$(tsan_env) setarch -R) $(EMULATOR) $(runner) $(SUITE)

# valgrind computes long double in 64 bits: tests that mind look at CDEFFI_VALGRIND.
check-valgrind: $(runner)
	$(call run,CHECK,valgrind) CDEFFI_VALGRIND=1 CK_FORK=no CK_DEFAULT_TIMEOUT=0 \
	  valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect $(runner) $(SUITE)

check-py: ext test-tools
	$(call run,PYTEST,$(py_tag)) $(pytest) tests/py

# $(call build_with,NAME,FLAGS) is a second build beside this one.
build_with = $(MAKE) --no-print-directory BUILD=$(BUILD)/$(1) CONFIGURE_FLAGS='$(2)'

check-warnings:
	+@$(call build_with,werror,--enable-werror) all && echo '1 passed, 0 failed'

# The same tests with every call through libffi: by the environment, and by a build without the rest (where the
# variable only tells the tests so).
check-libffi: ext test-tools
	$(call run,PYTEST,'$(py_tag) through libffi') CDEFFI_DISPATCH=libffi $(pytest) tests/py
	+@$(call build_with,libffi,--disable-direct --disable-lto) check-c
	+@CDEFFI_DISPATCH=libffi $(call build_with,libffi,--disable-direct --disable-lto) smoke

check-sanitize:
	+@$(call build_with,sanitize,--enable-sanitize --enable-debug) check-c
	+@$(call build_with,sanitize,--enable-sanitize --enable-debug) check-py

# Races, by ThreadSanitizer. The interpreter need not be built for it: its locks are seen then, what it does itself is
# not. Best with one that is, and has no GIL: `make check-races PYTHON=python3.13t`.
races_c := call closure library plan types
races_py := test_threads or test_ffi_threads or test_foreign_threads or test_races
check-races:
	+@$(call build_with,races,--enable-sanitize=thread) check-c SUITE='$(races_c)'
	+@$(call build_with,races,--enable-sanitize=thread) check-py PYTEST_ARGS="-k '$(races_py)'"

# A debug build of CPython counts references. Left out: tests of other processes, and those that import a
# compiled module again and again under new names, each of which CPython keeps.
DEBUG_PYTHON ?= python3-dbg
references_of := call callback cdata_array cdata_buffer cdata_lifetime cdata_misuse cdata_primitive cdata_struct cdata_text \
                 cdata_types ctype ffi_cdef ffi_data ffi_threads ffi_types ffi_views lib_attributes macros macros_memory macros_objects macros_statements threads verify
references: ext test-tools
	$(call run,PYTEST,references) PYTEST_PLUGINS=reference_counts \
	  $(subst PYTHONPATH=,PYTHONPATH=tests/references:,$(pytest)) -m 'not slow' $(patsubst %,tests/py/test_%.py,$(references_of))
check-references:
	+@$(MAKE) --no-print-directory PYTHON=$(DEBUG_PYTHON) references

# The other processor that has a direct path: cross-built, run by an emulator. Suites stay at home that look
# for libraries and headers of this system, or compare with files that hold x86-64's types.
aarch64 := aarch64-linux-gnu
aarch64_packages := $(BUILD)/aarch64-packages
aarch64_suites := $(filter-out golden library preprocess,$(patsubst test_%,%,$(basename $(notdir $(CTEST_SRC)))))

$(aarch64_packages)/.ready:
	$(call run,FETCH,libffi for AArch64) build-aux/foreign-packages arm64 $(@D) libffi-dev check libsubunit-dev && touch $@

ifeq ($(shell uname -m),aarch64)
check-aarch64:
	@echo 'this is AArch64: the other checks are its checks'
else
aarch64_flags = --host=$(aarch64) --disable-lto LDFLAGS=-L$(aarch64_packages)/usr/lib/$(aarch64) \
                CPPFLAGS="$(patsubst %,-isystem $(aarch64_packages)/usr/include%,/ /$(aarch64))"
check-aarch64: $(aarch64_packages)/.ready
	+@$(call build_with,aarch64,$(aarch64_flags)) \
	  EMULATOR='qemu-aarch64 -L /usr/$(aarch64)' ORACLE_CC='$(aarch64)-gcc clang+--target=$(aarch64)' \
	  check-c SUITE='$(aarch64_suites)' oracle-calls N=600 SEED=1
endif

# A wheel that pip takes for cffi: $(BUILD)/dist/cffi-*.whl.
dropin-wheel:
	@mkdir -p $(BUILD)/dist
	@PYTHONPYCACHEPREFIX=$(BUILD)/pycache $(py_exe) build-aux/dropin_wheel.py $(BUILD)/dist

check-package: $(venv)/.ready
	@sh tests/package.sh $(py_exe) $(BUILD)/package

smoke: ext test-tools
	$(call run,PYTEST,$(py_tag)) $(pytest) -m 'not slow' tests/py

# Every other interpreter on this machine.
check-pythons:
	@build-aux/find-pythons | { status=0; while read -r python; do \
	  [ ! $$python -ef $(py_exe) ] || continue; \
	  echo "-- $$python"; $(MAKE) --no-print-directory PYTHON=$$python smoke </dev/null || status=1; \
	done; exit $$status; }

# --- against C compilers ---------------------------------------------------------------------

$(oracle_drivers): $(BUILD)/tests/%: $(BUILD)/obj/tests/oracle/%.o $(lib)
	@mkdir -p $(@D)
	$(call run,LINK,$(@F)) $(LINK) -o $@ $^ $(LIBFFI_LIBS)

# What our path cannot pass and libffi cannot either may be refused, as long as it is not got wrong.
oracle_seed = $(if $(SEED),--seed $(SEED))
oracle-calls: $(BUILD)/tests/calls_driver
	@$(py_env) $(py_exe) tests/oracle/calls.py --driver '$(strip $(EMULATOR) $<)' --signatures $(or $(N),10000) $(oracle_seed) \
	  $(foreach cc,$(ORACLE_CC),--cc '$(subst +, ,$(cc))') --allow 'over-aligned'

oracle-types oracle-expressions oracle-mutations oracle-attributes: oracle-%: $(BUILD)/tests/driver
	@$(py_env) $(py_exe) tests/oracle/run.py --driver $< --kind $* --n $(or $(N),10000) $(oracle_seed)

# HEADERS='-I... gtk/gtk.h': those instead of the libc's.
oracle-preprocess: $(BUILD)/tests/preprocess_driver
	@$(py_env) $(py_exe) tests/oracle/preprocess.py --driver $< --n $(or $(N),2000) $(oracle_seed) $(HEADERS)

# `make oracle N=50000 SEED=7` looks for news; the check is the same slice each time.
oracle: $(addprefix oracle-,$(oracles))
check-oracle:
	@$(MAKE) --no-print-directory oracle-calls oracle-mutations oracle-attributes N=900 SEED=1
	@$(MAKE) --no-print-directory oracle-types oracle-expressions N=5000 SEED=1
	@$(MAKE) --no-print-directory oracle-preprocess N=200 SEED=1

# --- real headers, judged by the compiler -------------------------------------------------------

$(facts): $(facts_obj) $(lib)
	@mkdir -p $(@D)
	$(call run,LINK,$(@F)) $(LINK) -o $@ $^ $(LIBFFI_LIBS)

# HEADERS_ARGS='--only gtk --show 50'
judge = PYTHONPYCACHEPREFIX=$(BUILD)/pycache $(py_exe) tests/headers/check.py --facts $(facts) $(HEADERS_ARGS)
check-headers: $(facts)
	@$(judge) --installed tests/headers/base.txt
run-headers: $(facts)
	@$(judge) tests/headers/base.txt tests/headers/corpus.txt

include tests/fuzz/fuzz.mk

# --- against cffi and ctypes -----------------------------------------------------------------

CHART ?= $(BUILD)/bench.svg
bench: ext $(bench_venv)/.ready
	@PYTHONPATH=$(BUILD)/python PYTHONPYCACHEPREFIX=$(BUILD)/pycache $(bench_venv)/bin/python bench/run.py --json $(BUILD)/bench.json --chart $(CHART) $(BENCH_ARGS)

# cffi's own test suite, unmodified, on the drop-in: all of it, or without the files that compile hundreds of modules.
conformance: ext test-tools
	@$(py_env) $(venv)/bin/python tests/conformance/run.py $(BUILD)/conformance $(CONFORMANCE_ARGS)

# Statement by statement, ours and random ones (N=20000 SEED=7): cffi itself and the drop-in; and the modules that either builds, on either.
surface: ext test-tools $(bench_venv)/.ready
	@$(py_env) $(venv)/bin/python tests/conformance/surface.py $(bench_venv)/bin/python
	@$(py_env) $(venv)/bin/python tests/conformance/random_surface.py $(bench_venv)/bin/python --n $(or $(N),1500) --seed $(or $(SEED),1)
	@$(py_env) $(venv)/bin/python tests/conformance/modules.py $(BUILD)/either/$(py_tag) $(bench_venv)/bin/python
check-conformance: CONFORMANCE_ARGS += --quick
check-conformance: conformance surface packages-quick

# Real programs' own test suites, with cffi and on the drop-in: all of them, or two quick ones.
packages packages-quick: ext test-tools
	@$(py_env) $(venv)/bin/python tests/packages/run.py $(BUILD)/packages/$(py_tag) $(if $(@:packages=),--quick) $(PACKAGES)

-include $(test_obj:.o=.d)
