// The variables of a stage as one instruction sees them: ENV and ARG in the
// order they were written, the later one winning. The configuration keeps ENV
// values only; this is what expansion and RUN see.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace builder {

// --build-arg and the variables strake itself supplies.
using BuildArgs = std::map<std::string, std::string>;

class Scope {
 public:
  // ENV, or an environment entry of the base image.
  void set_env(std::string_view name, std::string value);
  // ARG with its effective value; nullopt when it has none from anywhere, in
  // which case nothing sees it but history. Nor does RUN or expansion see those
  // that are for the builder alone: BUILDKIT_SBOM_SCAN_CONTEXT and _STAGE.
  void declare_arg(std::string_view name, std::optional<std::string> value);

  std::optional<std::string> find(std::string_view name) const;
  // Whether an ARG of that name stands above, with a value or without.
  bool declares(std::string_view name) const {
    return arg_names_.contains(name);
  }
  // The names that have values, for advice on a misspelt one.
  std::vector<std::string_view> names() const;

  // What RUN sees: "NAME=value", environment first, then arguments.
  std::vector<std::string> environment() const;
  // Whether what RUN sees under that name is an argument's value.
  bool is_argument(std::string_view name) const {
    return arg_names_.contains(name) && !env_names_.contains(name);
  }
  // Arguments in scope in order of declaration, each once, with the value RUN
  // sees or else nothing: for history's "|N a=1 b=".
  std::vector<std::pair<std::string, std::string>> arguments() const;

 private:
  // Names in the order they were first used.
  class Names {
   public:
    void add(std::string_view name);
    bool contains(std::string_view name) const { return known_.contains(name); }
    const std::vector<std::string>& in_order() const { return order_; }

   private:
    std::vector<std::string> order_;
    std::set<std::string, std::less<>> known_;
  };
  std::map<std::string, std::string, std::less<>> values_;
  Names env_names_;
  Names arg_names_;
  std::map<std::string, std::string, std::less<>> hidden_args_;
};

// "PATH=…" when the base image sets none.
extern const std::string_view kDefaultPath;

// HTTP_PROXY and its family: known to every RUN without a declaration when
// given as build arguments, and left out of keys and history.
bool is_proxy_name(std::string_view name);
// Both spellings of every proxy argument given; the lower-case one wins.
std::vector<std::string> proxy_environment(
    const BuildArgs& build_args, const std::set<std::string>& declared);

}  // namespace builder
