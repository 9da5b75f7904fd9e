/* libFuzzer's entry. The targets differ in their dictionaries and corpora only. */
#include "tests/fuzz/exercise.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    exercise((const char *)data, size);
    return 0;
}
