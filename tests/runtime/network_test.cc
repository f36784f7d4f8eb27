// Networks of steps. Each case works in a network of the host's that is its
// own, so that nothing outside can matter or be changed.
#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <set>

#include "base/file.h"
#include "busybox_step.h"
#include "runtime/nat_uplink.h"
#include "runtime/network_pool.h"

using tests::BusyboxStep;

namespace {

// Runs `body` on a thread whose network is new: "the host" for what it starts.
template <typename Body>
void on_another_host(const Body& body) {
  std::async(std::launch::async, [&] {
    REQUIRE(::unshare(CLONE_NEWNET) == 0);
    runtime::Netlink().bring_up("lo");
    body();
  }).get();
}

std::set<std::string> links_of_host() {
  std::set<std::string> names;
  std::ifstream file("/proc/thread-self/net/dev");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    names.insert(line.substr(line.find_first_not_of(' '),
                             colon - line.find_first_not_of(' ')));
  }
  return names;
}

}  // namespace

TEST_CASE("a step joins a network that exists", "[root][runtime][D301]") {
  runtime::NetworkNamespace network = runtime::make_network_namespace();
  BusyboxStep step;
  step.spec.linux.network_path =
      "/proc/self/fd/" + std::to_string(network.file.get());
  const std::string seen =
      step.shell("ls /sys/class/net; readlink /proc/self/ns/net").output;
  CHECK(seen == "lo\n" +
                    tests::fs::read_symlink("/proc/self/fd/" +
                                            std::to_string(network.file.get()))
                        .native() +
                    "\n");
}

TEST_CASE("a network that is not there is named", "[root][runtime]") {
  BusyboxStep step;
  step.spec.linux.network_path = "/nowhere/net";
  CHECK_THROWS_WITH(step.run({"true"}), Catch::Contains("/nowhere/net"));
}

TEST_CASE("every step has a network no other had", "[root][runtime][D301]") {
  on_another_host([] {
    runtime::NetworkPool pool({{}, {}, 4, {}});
    BusyboxStep step;
    std::set<std::string> seen;
    // The kernel may give a number again once its namespace is gone.
    std::vector<std::unique_ptr<runtime::StepNetwork>> kept;
    for (int i = 0; i < 4; ++i) {
      kept.push_back(pool.take({}));
      REQUIRE(kept.back()->has_way_out());
      step.spec.linux.network_path = kept.back()->path();
      seen.insert(step.shell("readlink /proc/self/ns/net").output);
    }
    CHECK(seen.size() == 4);
  });
}

TEST_CASE("a network's interfaces, rules and lock go with its pool",
          "[root][runtime]") {
  on_another_host([] {
    {
      runtime::NetworkPool pool({{}, {}, 3, {}});
      const auto network = pool.take({});
      CHECK(links_of_host().count("strake0v2") == 1);
      CHECK(runtime::NetworkDirectory().live().size() == 1);
    }
    CHECK(links_of_host() == std::set<std::string>{"lo"});
    CHECK(runtime::NetworkDirectory().is_empty());
  });
}

namespace {

// By the nft program: not what is under test.
std::string nft(const std::string& command) {
  const std::string line = "nft '" + command + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> output(
      ::popen(line.c_str(), "re"), ::pclose);
  REQUIRE(output);
  std::string text;
  for (int c = std::fgetc(output.get()); c != EOF;) {
    text.push_back(static_cast<char>(c));
    c = std::fgetc(output.get());
  }
  return text;
}

constexpr const char* kForwarding = "/proc/sys/net/ipv4/ip_forward";

void switch_forwarding_off() {
  base::write_all(base::open_file(kForwarding, O_WRONLY), "0");
}

}  // namespace

TEST_CASE("forwarding is switched off again", "[root][runtime]") {
  on_another_host([] {
    switch_forwarding_off();
    nft("add table ip filter; add chain ip filter FORWARD "
        "{ type filter hook forward priority filter; policy drop; }");
    {
      const runtime::NatUplink uplink({});
      CHECK(base::read_file(kForwarding) == "1\n");
    }
    CHECK(base::read_file(kForwarding) == "0\n");
  });
}

TEST_CASE("who comes to need forwarding keeps it", "[root][runtime]") {
  on_another_host([] {
    const std::string refuses = "iifname != \"strake*\"";
    switch_forwarding_off();
    {
      runtime::NatUplink uplink({});
      CHECK(nft("list ruleset").find(refuses) != std::string::npos);
      nft("add table ip nat; add chain ip nat POSTROUTING "
          "{ type nat hook postrouting priority srcnat; }");
      runtime::NetworkNamespace network = runtime::make_network_namespace();
      const auto connection = uplink.connect(network);
      const std::string rules = nft("list ruleset");
      CHECK(rules.find(refuses) == std::string::npos);
      CHECK(rules.find("masquerade") == rules.rfind("masquerade"));
      CHECK(rules.find("masquerade") != std::string::npos);
      CHECK(runtime::NatUplink({}).host_address() != uplink.host_address());
    }
    CHECK(base::read_file(kForwarding) == "1\n");
    CHECK(runtime::NetworkDirectory().is_empty());
  });
}

TEST_CASE("builds at once have networks of their own", "[root][runtime]") {
  on_another_host([] {
    runtime::NetworkPool one({{}, {}, 1, {}});
    runtime::NetworkPool two({{}, {}, 1, {}});
    const auto first = one.take({});
    const auto second = two.take({});
    CHECK(first->host_address() != second->host_address());
  });
}
