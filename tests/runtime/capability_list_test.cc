// What docker makes of --cap-add and --cap-drop.
#include "runtime/capability_list.h"

#include <catch2/catch.hpp>

#include "runtime/identity_plan.h"

using Names = std::vector<std::string>;
using runtime::change_capabilities;
using runtime::find_capability;

TEST_CASE("a capability has a name in any case, with CAP_ and without",
          "[runtime][capabilities]") {
  CHECK(find_capability("CAP_NET_ADMIN") == "CAP_NET_ADMIN");
  CHECK(find_capability("net_admin") == "CAP_NET_ADMIN");
  CHECK(find_capability("cap_Net_Admin") == "CAP_NET_ADMIN");
  CHECK(find_capability("all") == "ALL");
  CHECK_FALSE(find_capability("CAP_ALL"));
  CHECK_FALSE(find_capability("NET"));
  CHECK_FALSE(find_capability(""));
}

TEST_CASE("what is added has the last word over what is dropped",
          "[runtime][capabilities]") {
  const Names defaults = {"CAP_CHOWN", "CAP_KILL"};
  CHECK(change_capabilities(defaults, {}, {}) == defaults);
  CHECK(change_capabilities(defaults, {"CAP_BPF"}, {"CAP_CHOWN"}) ==
        Names{"CAP_KILL", "CAP_BPF"});
  CHECK(change_capabilities(defaults, {"CAP_KILL"}, {"CAP_KILL"}) == defaults);
  CHECK(change_capabilities(defaults, {}, {"ALL"}).empty());
  CHECK(change_capabilities(defaults, {"CAP_BPF"}, {"ALL"}) ==
        Names{"CAP_BPF"});
}

TEST_CASE("adding all leaves out what is dropped by name",
          "[runtime][capabilities]") {
  const Names all = runtime::all_capabilities();
  CHECK(change_capabilities({}, {"ALL"}, {}) == all);
  CHECK(change_capabilities({}, {"ALL"}, {"ALL"}) == all);
  Names without = all;
  std::erase(without, "CAP_SYS_ADMIN");
  CHECK(change_capabilities({}, {"ALL"}, {"CAP_SYS_ADMIN"}) == without);
}
