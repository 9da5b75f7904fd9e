# From sources to $(BUILD)/python and $(BUILD)/dropin. Needs config.mk.

# -Wsign-conversion is left out: sizes cross between size_t and Py_ssize_t at every API call.
# -Wpsabi only notes what GCC 4.6 changed.
WARN = -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Wvla -Wno-psabi \
       -Wstrict-prototypes -Wmissing-prototypes $(WERROR)
# Slots and METH_FASTCALL want unused parameters, short initialisers and function casts.
# PyMODINIT_FUNC declares no prototype.
WARN_PY = $(WARN) -Wno-missing-prototypes -Wno-unused-parameter -Wno-missing-field-initializers -Wno-cast-function-type
WARN_GEN = -w

# config.h is included by force, so that no file can forget it and quietly lack a HAVE_.
COMPILE = $(CC) -std=gnu11 -D_GNU_SOURCE -include config.h -I. -I$(BUILD) $(CPPFLAGS) \
          $(OPT) -g -fPIC -fvisibility=hidden $(SANITIZE) -MMD -MP -c
LINK = $(CC) $(OPT) $(SANITIZE) $(CFLAGS) $(link_lto) $(LDFLAGS)
link_lto = $(if $(LTO),-fno-lto)

# $(call run,WHAT,FILE) says what runs; V=1 shows the whole command.
run = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2);)

# --- generated sources -------------------------------------------------------------------

gen := $(BUILD)/gen
gen_src := $(patsubst grammar/%.re,$(gen)/%.c,$(filter %.re,$(GRAMMAR_SRC))) \
           $(patsubst grammar/%.y,$(gen)/%.c,$(filter %.y,$(GRAMMAR_SRC)))
gen_hdr := $(patsubst grammar/%.y,$(gen)/%.h,$(filter %.y,$(GRAMMAR_SRC)))

.SECONDARY: $(gen_src) $(gen_hdr) $(gen)/headers.c

missing = { echo 'make: $(1) is missing; "make deps" installs what the build needs' >&2; exit 1; }

$(gen)/%.c: grammar/%.re
	@mkdir -p $(@D)
	@if $(call shipped,$*.c,$<); then cp generated/$*.c $@; \
	elif [ -z '$(RE2C)' ]; then $(call missing,re2c); \
	else echo '  RE2C    $<'; $(RE2C) -W -Werror -o $@ $<; fi

# lemon exits with 1 on any conflict; its report is left in cdecl.out. A header that would be the same it leaves alone.
$(gen)/%.c $(gen)/%.h &: grammar/%.y
	@mkdir -p $(@D)
	@if $(call shipped,$*.c,$<); then cp generated/$*.c generated/$*.h $(gen)/; \
	elif [ -z '$(LEMON)' ]; then $(call missing,lemon); \
	else echo '  LEMON   $<'; $(LEMON) $(if $(LEMPAR),-T$(LEMPAR)) -d$(gen) $< || { rm -f $(gen)/$*.c $(gen)/$*.h; exit 1; }; fi
	@touch $(gen)/$*.h

# The headers that we have built in, as strings.
$(gen)/headers.c: $(HEADER_SRC) build-aux/embed-headers sources.mk
	@mkdir -p $(@D)
	$(call run,EMBED,parser/headers) build-aux/embed-headers $(HEADER_SRC) >$@

# --- parser + abi: one static library without Python -----------------------------------

lib := $(BUILD)/libcdeffi.a
own_obj := $(patsubst %.c,$(BUILD)/obj/%.o,$(PARSER_SRC) $(ABI_SRC))
gen_obj := $(patsubst $(gen)/%.c,$(BUILD)/obj/gen/%.o,$(gen_src) $(gen)/headers.c)

$(own_obj) $(gen_obj): $(BUILD)/config.h | $(gen_hdr)

# Whole headers go through the parser, whose many small functions are worth inlining: 6 % fewer instructions; across files, when
# the extension is linked, another 4 %.
$(filter $(BUILD)/obj/parser/% $(BUILD)/obj/gen/%,$(own_obj) $(gen_obj)): private OPT += $(HOT)
$(own_obj) $(gen_obj): private OPT += $(LTO)

$(BUILD)/obj/gen/%.o: $(gen)/%.c
	@mkdir -p $(@D)
	$(call run,CC,$<) $(COMPILE) $(WARN_GEN) $(CFLAGS) -o $@ $<

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call run,CC,$<) $(COMPILE) $(WARN) $(CFLAGS) -o $@ $<

$(lib): $(own_obj) $(gen_obj) sources.mk
	@rm -f $@
	$(call run,AR,$(@F)) $(AR) rcs $@ $(filter %.o,$^)

lib: $(lib)

# What an sdist carries in generated/.
generated: $(BUILD)/configure $(gen_src) $(gen_hdr)

# --- pymod: objects and extension once per interpreter -------------------------------------

py_info := $(shell $(PYTHON) -c 'import sys, sysconfig as s; v = s.get_config_var; \
  print(v("SOABI"), v("EXT_SUFFIX"), s.get_path("include"), s.get_path("platinclude"), sys.executable)')
py_tag := $(word 1,$(py_info))
py_suffix := $(word 2,$(py_info))
py_include := $(addprefix -I,$(sort $(wordlist 3,4,$(py_info))))
py_exe := $(word 5,$(py_info))
ifeq ($(py_exe),)
$(error PYTHON=$(PYTHON) does not run)
endif

ext := $(BUILD)/python/cdeffi/_cdeffi$(py_suffix)
pymod_obj := $(patsubst %.c,$(BUILD)/$(py_tag)/%.o,$(PYMOD_SRC))

$(pymod_obj): $(BUILD)/config.h | $(gen_hdr)

$(BUILD)/$(py_tag)/%.o: %.c
	@mkdir -p $(@D)
	$(call run,CC,$<) $(COMPILE) $(WARN_PY) $(py_include) $(CFLAGS) -o $@ $<

$(ext): private link_lto = $(if $(LTO),$(LTO) -Wno-psabi)
$(ext): $(pymod_obj) $(lib) sources.mk
	@mkdir -p $(@D)
	$(call run,LINK,$(@F)) $(LINK) -shared -o $@ $(pymod_obj) $(lib) $(LIBFFI_LIBS)

# Links, so that an edit is live.
py_files := $(patsubst pymod/%,$(BUILD)/python/%,$(PYMOD_PY))
dropin_files := $(patsubst pymod/dropin/%,$(BUILD)/dropin/%,$(DROPIN_PY))

$(py_files): $(BUILD)/python/%: pymod/%
	@mkdir -p $(@D) && ln -sfn $(root)/$< $@
$(dropin_files): $(BUILD)/dropin/%: pymod/dropin/%
	@mkdir -p $(@D) && ln -sfn $(root)/$< $@

ext: $(if $(PYMOD_SRC),$(ext),$(lib)) $(py_files) $(dropin_files)

-include $(patsubst %.o,%.d,$(own_obj) $(gen_obj) $(pymod_obj))
