#include "runtime/capability_list.h"

#include <algorithm>
#include <cctype>

#include "runtime/identity_plan.h"

namespace runtime {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::optional<std::string> find_capability(std::string_view word) {
  constexpr std::string_view kPrefix = "CAP_";
  std::string name(word);
  for (char& c : name) {
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  if (name == kAllCapabilities) return name;
  if (!name.starts_with(kPrefix)) name.insert(0, kPrefix);
  if (!contains(all_capabilities(), name)) return std::nullopt;
  return name;
}

std::vector<std::string> change_capabilities(
    const std::vector<std::string>& defaults,
    const std::vector<std::string>& added,
    const std::vector<std::string>& dropped) {
  const bool adds_all = contains(added, kAllCapabilities);
  const bool drops_all = contains(dropped, kAllCapabilities);
  std::vector<std::string> result;
  for (const std::string& name : all_capabilities()) {
    const bool is_kept = adds_all
                             ? !contains(dropped, name)
                             : contains(added, name) ||
                                   (!drops_all && contains(defaults, name) &&
                                    !contains(dropped, name));
    if (is_kept) result.push_back(name);
  }
  return result;
}

}  // namespace runtime
