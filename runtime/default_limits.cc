#include "runtime/default_limits.h"

#include <sys/resource.h>

#include <algorithm>

#include "runtime/identity_plan.h"

namespace runtime {
namespace {

constexpr rlim_t kAny = RLIM_INFINITY;
constexpr rlim_t kFiles = 1 << 20;

struct Meant {
  const char* type;
  rlim_t soft;
  rlim_t hard;
};

constexpr Meant kMeant[] = {
    {"RLIMIT_AS", kAny, kAny},         {"RLIMIT_CORE", 1, 1},
    {"RLIMIT_CPU", kAny, kAny},        {"RLIMIT_DATA", kAny, kAny},
    {"RLIMIT_FSIZE", kAny, kAny},      {"RLIMIT_LOCKS", kAny, kAny},
    {"RLIMIT_MEMLOCK", 8 << 20, kAny}, {"RLIMIT_NICE", 0, 0},
    {"RLIMIT_NOFILE", kFiles, kFiles}, {"RLIMIT_NPROC", kAny, kAny},
    {"RLIMIT_RSS", kAny, kAny},        {"RLIMIT_RTPRIO", 0, 0},
    {"RLIMIT_RTTIME", kAny, kAny},     {"RLIMIT_STACK", 8 << 20, kAny},
};

}  // namespace

std::vector<Rlimit> default_limits() {
  std::vector<Rlimit> limits;
  for (const Meant& meant : kMeant) {
    rlimit own{};
    if (::getrlimit(
            static_cast<__rlimit_resource_t>(find_limit(meant.type).value()),
            &own) != 0) {
      continue;
    }
    const rlim_t hard = std::min(meant.hard, own.rlim_max);
    const rlim_t soft = std::min(meant.soft, hard);
    if (soft == own.rlim_cur && hard == own.rlim_max) continue;
    limits.push_back({meant.type, soft, hard});
  }
  return limits;
}

}  // namespace runtime
