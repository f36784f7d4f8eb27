const char* greeting(void) { return "hello from a cached compiler"; }
