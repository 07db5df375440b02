// What programs of a sanitized build say to AddressSanitizer. LLVM's libraries are not instrumented: their
// containers and allocators tell it nothing of what they do, and ours would tell it half. LLVM handles
// signals on a stack of its own.
extern "C" const char *__asan_default_options() {
  return "detect_container_overflow=0:allow_user_poisoning=0:use_sigaltstack=0:quarantine_size_mb=64";
}
