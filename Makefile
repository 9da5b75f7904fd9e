# cdeffi. Handwritten; configure only fills $(BUILD)/config.mk and $(BUILD)/config.h.
#
#   make                the library, the extension and the packages, under build/
#   make demo           install what is missing, build, show the main job
#   make check          install what is missing, build, run every test
#   make dropin-wheel   a wheel named cffi, for packages that require it
#   make fuzz           install what is missing, look for inputs that break the parser for SECONDS=60 each
#   make headers        install the headers of many libraries, and have the compiler judge how we read them
#
#   BUILD=DIR           build there instead (several builds side by side)
#   PYTHON=python3.12   build for that interpreter (several share one BUILD)
#   CONFIGURE_FLAGS=    --enable-debug, --enable-sanitize, --enable-werror, --disable-direct, --disable-lto
#   V=1                 show whole commands
#
# PYTHONPATH=build/dropin:build/python imports the result.

BUILD  ?= build
PYTHON ?= python3

root := $(CURDIR)
override BUILD := $(abspath $(BUILD))

# All processors, unless -j says otherwise; sub-makes inherit.
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all lib ext generated deps clean demo check headers fuzz

all: ext

include sources.mk

# These start on machines that have nothing yet, so they may not include config.mk, whose rule
# needs autoconf: they install, then call make again.
deps:
	@PYTHON='$(PYTHON)' build-aux/ensure-deps check

demo:
	@PYTHON='$(PYTHON)' build-aux/ensure-deps demo
	@$(MAKE) --no-print-directory run-demo

check:
	@PYTHON='$(PYTHON)' build-aux/ensure-deps check
	@$(MAKE) --no-print-directory run-checks

fuzz:
	@PYTHON='$(PYTHON)' build-aux/ensure-deps fuzz
	@$(MAKE) --no-print-directory run-fuzz

headers:
	@PYTHON='$(PYTHON)' build-aux/ensure-deps headers
	@$(MAKE) --no-print-directory run-headers

clean:
	rm -rf '$(BUILD)'

# Flags given once stay in force until others are given.
flags := $(strip $(CONFIGURE_FLAGS) $(foreach v,CC CPPFLAGS CFLAGS LDFLAGS,$(if \
  $(filter command environment,$(firstword $(origin $(v)))),$(v)="$($(v))")))
ifneq ($(origin CONFIGURE_FLAGS)$(flags),undefined)
ifneq ($(flags),$(shell cat '$(BUILD)/configure.flags' 2>/dev/null))
$(shell mkdir -p '$(BUILD)' && echo '$(flags)' >'$(BUILD)/configure.flags')
endif
endif

ifeq ($(filter deps demo check headers fuzz clean,$(MAKECMDGOALS)),)
include $(BUILD)/config.mk
include build-aux/compile.mk
include tests/tests.mk
endif

# --- configure ---------------------------------------------------------------------------

# An sdist carries generated/: what autoconf, re2c and lemon made, for those without them.
# $(call shipped,FILE,SOURCE) holds if it has FILE and nobody has changed SOURCE since.
shipped = [ -e generated/$(1) ] && [ ! $(2) -nt generated/$(1) ]

$(BUILD)/configure: configure.ac
	@mkdir -p $(@D)
	@if $(call shipped,configure,configure.ac); then cp generated/configure $@; \
	elif command -v autoconf >/dev/null; then cd $(@D) && autoconf -o configure $(root)/configure.ac; \
	else echo 'make: autoconf is missing; "make deps" installs what the build needs' >&2; exit 1; fi

$(BUILD)/configure.flags:
	@mkdir -p $(@D) && : >$@

$(BUILD)/config.mk $(BUILD)/config.h &: $(BUILD)/configure $(BUILD)/configure.flags config.mk.in config.h.in
	@echo '  CONF    '$$(cat $(BUILD)/configure.flags)
	@cd $(BUILD) && eval ./configure -q --srcdir=$(root) $$(cat configure.flags)
	@touch $(BUILD)/config.mk $(BUILD)/config.h
