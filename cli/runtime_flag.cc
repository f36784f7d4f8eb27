#include "cli/runtime_flag.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <vector>

#include "cli/report.h"
#include "runtime/native_executor.h"
#include "runtime/oci_executor.h"

namespace cli {
namespace {

constexpr const char* kNative = "native";
constexpr const char* kVariable = "STRAKE_RUNTIME";

// Whoever said it: the flag, or the variable where there is no flag.
struct Choice {
  std::string source = "--runtime";
  std::string name = kNative;
};

Choice choose(const std::optional<std::string>& flag) {
  if (flag && !flag->empty()) return {"--runtime", *flag};
  const char* own = std::getenv(kVariable);
  if (own == nullptr || *own == '\0') return {};
  return {kVariable, own};
}

}  // namespace

std::unique_ptr<runtime::Executor> make_executor(
    const std::optional<std::string>& flag) {
  const Choice choice = choose(flag);
  if (choice.name == kNative)
    return std::make_unique<runtime::NativeExecutor>();
  if (auto program = runtime::find_oci_runtime(choice.name)) {
    return std::make_unique<runtime::OciExecutor>(std::move(*program));
  }
  std::vector<std::string> there = runtime::list_oci_runtimes();
  there.insert(there.begin(), kNative);
  const bool is_path = choice.name.find('/') != std::string::npos;
  throw usage_error(
      fmt::format("{} {}: {}", choice.source, choice.name,
                  is_path ? "no program there" : "no such program in PATH"),
      fmt::format("this machine has: {}", fmt::join(there, ", ")));
}

}  // namespace cli
