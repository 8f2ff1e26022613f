# Sourced: native_sources prints the C++ files that this project's style applies to.
native_sources() {
  find native scenarios examples test/native test/fixtures -type f \( -name '*.h' -o -name '*.cc' -o -name '*.c' \) | sort
}
