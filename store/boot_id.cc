#include "store/boot_id.h"

#include "base/error.h"
#include "base/file.h"

namespace store {

std::string read_boot_id() {
  try {
    std::string id = base::read_file("/proc/sys/kernel/random/boot_id", 4096);
    while (!id.empty() && id.back() == '\n') id.pop_back();
    if (!id.empty()) return id;
  } catch (const base::Error&) {
    // Hidden by a sandbox.
  }
  return "unknown";
}

bool is_trusted(std::string_view recorded, std::string_view now) noexcept {
  return recorded.empty() || recorded == now;
}

}  // namespace store
