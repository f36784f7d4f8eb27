#include "base/dynamic_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/error.h"

namespace base {

DynamicLibrary::DynamicLibrary(const char* soname)
    : soname_(soname), handle_(::dlopen(soname, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) {
    throw Error(ErrorKind::unsupported,
                fmt::format("loading {}: {}", soname_, ::dlerror()))
        .hint("install the package that provides it");
  }
}

void* DynamicLibrary::find(const char* symbol) const {
  void* address = ::dlsym(handle_, symbol);
  if (address == nullptr) {
    throw Error(ErrorKind::unsupported,
                fmt::format("{} has no {}", soname_, symbol));
  }
  return address;
}

}  // namespace base
