# Fuzzing of what reads text: `make fuzz SECONDS=600` looks for news with clang's libFuzzer; check-fuzz replays the
# inputs it kept, under sanitizers, with any compiler.

FUZZ_SRC := tests/fuzz/confine.c tests/fuzz/exercise.c tests/fuzz/input.c
fuzz_targets := declarations preprocessor
fuzz_obj := $(patsubst %.c,$(BUILD)/obj/%.o,$(FUZZ_SRC))
fuzz_corpora := $(patsubst %,tests/fuzz/corpus/%.pack,$(fuzz_targets))
fuzz_wrap := -Wl,--wrap=open,--wrap=stat

.PHONY: run-fuzz check-fuzz replay-fuzz exhaust check-exhaust $(addprefix fuzz-,$(fuzz_targets))

$(BUILD)/tests/replay: $(BUILD)/obj/tests/fuzz/replay.o $(fuzz_obj) $(lib)
	@mkdir -p $(@D)
	$(call run,LINK,$(@F)) $(LINK) $(fuzz_wrap) -o $@ $^ $(LIBFFI_LIBS)

replay-fuzz: $(BUILD)/tests/replay
	$(call run,REPLAY,tests/fuzz/corpus) $< $(fuzz_corpora)

check-fuzz:
	+@$(call build_with,sanitize,--enable-sanitize --enable-debug) replay-fuzz

# Each allocation fails in turn.
$(BUILD)/tests/exhaust: $(BUILD)/obj/tests/fuzz/exhaust.o $(fuzz_obj) $(lib)
	@mkdir -p $(@D)
	$(call run,LINK,$(@F)) $(LINK) $(fuzz_wrap) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free -o $@ $^ $(LIBFFI_LIBS)

exhaust_step := 10
exhaust: $(BUILD)/tests/exhaust
	$(call run,EXHAUST,memory) $< $(exhaust_step) $(fuzz_corpora) $(wildcard tests/fuzz/seeds-*.txt tests/golden/*.h)

check-exhaust:
	+@$(call build_with,sanitize,--enable-sanitize --enable-debug) exhaust

# --- looking for news ------------------------------------------------------------------------

SECONDS ?= 60
run-fuzz:
	+@for target in $(fuzz_targets); do \
	  $(call build_with,fuzz,--enable-sanitize --enable-debug CC=clang CFLAGS=-fsanitize=fuzzer-no-link CPPFLAGS=-DYYSTACKDEPTH=500) \
	    fuzz-$$target SECONDS=$(SECONDS) || exit 1; done

$(BUILD)/tests/fuzzer: $(BUILD)/obj/tests/fuzz/fuzz_target.o $(fuzz_obj) $(lib)
	@mkdir -p $(@D)
	$(call run,LINK,$(@F)) $(LINK) -fsanitize=fuzzer $(fuzz_wrap) -o $@ $^ $(LIBFFI_LIBS)

# What is found is left in $(BUILD)/found-TARGET; the corpus grows in $(BUILD)/corpus-TARGET and is minimised into the
# packed one.
fuzz_max_len := 4096
$(addprefix fuzz-,$(fuzz_targets)): fuzz-%: $(BUILD)/tests/fuzzer
	@mkdir -p $(BUILD)/corpus-$* $(BUILD)/found-$*
	@$(py_exe) tests/fuzz/dictionary.py $* $(BUILD)/$*.dict
	@$(py_exe) tests/fuzz/pack.py seeds $(BUILD)/corpus-$* tests/fuzz/seeds-$*.txt $(wildcard tests/golden/*.h)
	@[ ! -e tests/fuzz/corpus/$*.pack ] || $(py_exe) tests/fuzz/pack.py unpack tests/fuzz/corpus/$*.pack $(BUILD)/corpus-$*
	$(call run,FUZZ,$*) nice $< -max_total_time=$(SECONDS) -dict=$(BUILD)/$*.dict -max_len=$(fuzz_max_len) -timeout=10 \
	  -rss_limit_mb=2500 -use_value_profile=1 -print_final_stats=1 -artifact_prefix=$(BUILD)/found-$*/ $(FUZZ_ARGS) $(BUILD)/corpus-$*
	@echo 'fuzz-$*: $(SECONDS) s without a finding'
	@rm -rf $(BUILD)/least-$* && mkdir -p $(BUILD)/least-$* tests/fuzz/corpus
	$(call run,MERGE,$*) nice $< -merge=1 -use_counters=0 -max_len=$(fuzz_max_len) -timeout=10 -rss_limit_mb=2500 $(BUILD)/least-$* $(BUILD)/corpus-$* 2>$(BUILD)/merge-$*.log
	@$(py_exe) tests/fuzz/pack.py pack $(BUILD)/least-$* tests/fuzz/corpus/$*.pack

-include $(patsubst %.o,%.d,$(fuzz_obj) $(patsubst %,$(BUILD)/obj/tests/fuzz/%.o,replay exhaust fuzz_target))
