// A shared library loaded when it is first needed.
//
// Linking every library a rare command wants would cost each start-up several
// milliseconds of relocation. A room that needs such a library keeps a struct
// of function pointers, typed by decltype from the library's own header and
// filled from here; nothing else in strake calls dlopen.
#pragma once

#include <string>

namespace base {

class DynamicLibrary {
 public:
  // `soname` as the dynamic linker knows it, e.g. "libarchive.so.13". The
  // library stays loaded until the process ends.
  // Throws: unsupported when it is not installed.
  explicit DynamicLibrary(const char* soname);

  // Throws: unsupported when the library has no such symbol.
  template <typename Function>
  void load(Function*& function, const char* symbol) const {
    function = reinterpret_cast<Function*>(find(symbol));
  }

 private:
  void* find(const char* symbol) const;
  std::string soname_;
  void* handle_;
};

}  // namespace base
