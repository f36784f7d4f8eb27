#include "builder/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace builder {
namespace {

constexpr std::array<std::string_view, 5> kProxyNames = {
    "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"};

constexpr std::array<std::string_view, 2> kBuilderOnly = {
    "BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"};

std::string fold_case(std::string_view name, int (*fold)(int)) {
  std::string out(name);
  for (char& c : out)
    c = static_cast<char>(fold(static_cast<unsigned char>(c)));
  return out;
}

int lower(int c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

}  // namespace

const std::string_view kDefaultPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

void Scope::set_env(std::string_view name, std::string value) {
  env_names_.add(name);
  values_.insert_or_assign(std::string(name), std::move(value));
}

void Scope::declare_arg(std::string_view name,
                        std::optional<std::string> value) {
  arg_names_.add(name);
  if (!value) return;
  const bool is_hidden = std::find(kBuilderOnly.begin(), kBuilderOnly.end(),
                                   name) != kBuilderOnly.end();
  auto& values = is_hidden ? hidden_args_ : values_;
  values.insert_or_assign(std::string(name), std::move(*value));
}

std::optional<std::string> Scope::find(std::string_view name) const {
  const auto it = values_.find(name);
  if (it == values_.end()) return std::nullopt;
  return it->second;
}

std::vector<std::string_view> Scope::names() const {
  std::vector<std::string_view> names;
  names.reserve(values_.size());
  for (const auto& [name, value] : values_) names.push_back(name);
  return names;
}

void Scope::Names::add(std::string_view name) {
  if (known_.emplace(name).second) order_.emplace_back(name);
}

std::vector<std::string> Scope::environment() const {
  std::vector<std::string> out;
  const auto add = [&](const std::string& name) {
    out.push_back(name + "=" + values_.find(name)->second);
  };
  for (const std::string& name : env_names_.in_order()) add(name);
  for (const std::string& name : arg_names_.in_order()) {
    if (!env_names_.contains(name) && values_.contains(name)) add(name);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> Scope::arguments() const {
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(arg_names_.in_order().size());
  for (const std::string& name : arg_names_.in_order()) {
    auto value = find(name);
    if (const auto hidden = hidden_args_.find(name);
        !value && hidden != hidden_args_.end()) {
      value = hidden->second;
    }
    out.emplace_back(name, value.value_or(""));
  }
  return out;
}

bool is_proxy_name(std::string_view name) {
  return std::any_of(kProxyNames.begin(), kProxyNames.end(),
                     [name](std::string_view proxy) {
                       return name == proxy || name == fold_case(proxy, lower);
                     });
}

std::vector<std::string> proxy_environment(
    const BuildArgs& build_args, const std::set<std::string>& declared) {
  std::vector<std::string> out;
  for (const std::string_view proxy : kProxyNames) {
    const std::string low = fold_case(proxy, lower);
    auto it = build_args.find(low);
    if (it == build_args.end()) it = build_args.find(std::string(proxy));
    if (it == build_args.end()) continue;
    for (const std::string& name : {std::string(proxy), low}) {
      if (!declared.contains(name)) out.push_back(name + "=" + it->second);
    }
  }
  return out;
}

}  // namespace builder
