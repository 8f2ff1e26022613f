// KVTOOL_EMBED(name): the file <name>.fatbin as bytes of the program, from kvtool_<name>_begin to
// kvtool_<name>_end.
#pragma once

// The assembler reads the file; aligned, because the driver reads the image where it lies.
#define KVTOOL_EMBED(name)                                                         \
  __asm__(                                                                         \
      ".pushsection .rodata\n"                                                     \
      ".balign 16\n"                                                               \
      "kvtool_" #name                                                              \
      "_begin:\n"                                                                  \
      ".incbin \"" KVTOOL_FATBIN_DIR "/" #name                                     \
      ".fatbin\"\n"                                                                \
      "kvtool_" #name                                                              \
      "_end:\n"                                                                    \
      ".popsection\n");                                                            \
  extern "C" {                                                                     \
  __attribute__((visibility("hidden"))) extern const char kvtool_##name##_begin[]; \
  __attribute__((visibility("hidden"))) extern const char kvtool_##name##_end[];   \
  }
