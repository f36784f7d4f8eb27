#include "runtime/oci_error.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

namespace runtime {
namespace {

using Json = nlohmann::json;

// The message of the last error in the log; its first line may have been cut.
std::string last_error(const std::string& log) {
  std::string last;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const Json entry = Json::parse(line, nullptr, false);
    if (!entry.is_object()) continue;
    const std::string level = entry.value("level", "");
    if (level == "error" || level == "fatal") last = entry.value("msg", "");
  }
  return last;
}

// "runc create failed: ..." repeats what we say ourselves.
std::string without_prefix(const std::string& text, const std::string& name) {
  const std::string prefix = name + " create failed: ";
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

base::Error oci_error(const Failure& failure, const OciPlan& plan) {
  const std::string name =
      std::filesystem::path(plan.program).filename().native();
  const std::string said = without_prefix(last_error(failure.text), name);
  const char* verb =
      failure.step == SetupStep::start_container ? "start" : "create";
  base::Error error(
      base::ErrorKind::system,
      said.empty()
          ? fmt::format("sandbox: {} {} failed with exit code {} and left no "
                        "word in its log",
                        plan.program, verb, failure.error)
          : fmt::format("sandbox: {}: {}", name, said));
  error.hint(said.empty()
                 ? fmt::format("is {} an OCI runtime? --runtime native needs "
                               "none",
                               plan.program)
                 : "--runtime native may do what this runtime will not");
  return error;
}

}  // namespace runtime
