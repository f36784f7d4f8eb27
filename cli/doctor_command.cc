// strake doctor: what this machine allows builds, and what to do about the
// rest.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/clean_text.h"
#include "cli/command.h"
#include "cli/report.h"
#include "runtime/machine_check.h"

namespace cli {
namespace {

using runtime::Finding;

std::string_view render_state(Finding::State state) {
  switch (state) {
    case Finding::State::ok:
      return "ok";
    case Finding::State::limited:
      return "limited";
    case Finding::State::missing:
      return "missing";
  }
  return {};
}

// The store may not be there yet: the nearest directory above it that is.
std::filesystem::path nearest_directory(std::filesystem::path path) {
  std::error_code error;
  while (!std::filesystem::is_directory(path, error) &&
         path.has_relative_path()) {
    path = path.parent_path();
  }
  return path;
}

void print_text(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    std::cout << fmt::format("{:<8} {}: {}\n", render_state(finding.state),
                             finding.what, clean_text(finding.detail));
    if (finding.fix.empty()) continue;
    std::cout << fmt::format("         {}\n", clean_text(finding.fix));
  }
}

void print_json(const std::vector<Finding>& findings) {
  auto list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"what", finding.what},
                    {"state", render_state(finding.state)},
                    {"detail", finding.detail},
                    {"fix", finding.fix}});
  }
  std::cout << list.dump(2) << '\n';
}

}  // namespace

int run_doctor_command(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> format;
  Options options("doctor [flags]",
                  "Says what this machine allows builds, and which command or "
                  "setting makes up for what it does not.",
                  "strake doctor");
  options.value("--format", format, "json");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  if (format && *format != "json") {
    throw usage_error(fmt::format("unknown format \"{}\"", *format),
                      "it is json, or left out");
  }
  const auto findings =
      runtime::examine_machine(nearest_directory(globals.store_root()));
  if (format) {
    print_json(findings);
  } else {
    print_text(findings);
  }
  const bool works = std::none_of(
      findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.state == Finding::State::missing;
      });
  return works ? 0 : 1;
}

}  // namespace cli
