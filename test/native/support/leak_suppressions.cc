// An execution of the explorer that is given up forgets its fibers, and with them an exception that was on
// its way on one of them: a few bytes that nothing can free. And what a device leaves in the stub of a
// driver after a sticky error, as it would in the real one.
extern "C" const char*
__lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:__cxa_allocate_exception\nleak:libkvtool-stub-\n";
}
