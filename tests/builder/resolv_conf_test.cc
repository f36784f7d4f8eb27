#include "builder/resolv_conf.h"

#include <catch2/catch.hpp>

using builder::choose_resolv_conf;
using builder::Network;

TEST_CASE("a sandbox in the host's network has the host's name servers",
          "[system][D313]") {
  const char* const kHost = "nameserver 127.0.0.53\noptions edns0\n";
  CHECK(choose_resolv_conf(kHost, "nameserver 10.0.0.1\n", Network::of_host)
            .text == kHost);
}

TEST_CASE("a network of its own has no use for loopback servers",
          "[system][D313]") {
  CHECK(choose_resolv_conf("# local\nnameserver 127.0.0.1\n"
                           "search example.org\nnameserver 10.0.0.1\n",
                           "", Network::own)
            .text == "# local\nsearch example.org\nnameserver 10.0.0.1\n");
}

TEST_CASE("servers behind a local resolver are asked directly",
          "[system][D313]") {
  CHECK(choose_resolv_conf("nameserver 127.0.0.53\nsearch a\n",
                           "nameserver 10.0.0.2\nsearch b\n", Network::own)
            .text == "nameserver 10.0.0.2\nsearch b\n");
}

TEST_CASE("where only the host reaches a server, a relay asks it for the step",
          "[system][D313]") {
  const auto chosen =
      choose_resolv_conf("nameserver ::1\nsearch a\nnameserver 127.0.0.1\n",
                         "nameserver 127.0.0.2\n", Network::own);
  CHECK(chosen.text == "search a\nnameserver 127.0.0.11\n");
  CHECK(chosen.relayed == std::vector<std::string>{"::1", "127.0.0.1"});
  CHECK(choose_resolv_conf("", "", Network::own).relayed ==
        std::vector<std::string>{"127.0.0.1"});
}

TEST_CASE("flags replace the lines of their kind", "[system]") {
  const std::string kHost =
      "nameserver 10.0.0.1\nsearch a b\noptions ndots:2\n";
  CHECK(builder::apply_dns({}, kHost) == kHost);
  CHECK(builder::apply_dns({{"10.9.9.9", "::9"}, {}, {}}, kHost) ==
        "search a b\noptions ndots:2\nnameserver 10.9.9.9\nnameserver ::9\n");
  CHECK(builder::apply_dns({{}, {"x", "y"}, {"edns0"}}, kHost) ==
        "nameserver 10.0.0.1\nsearch x y\noptions edns0\n");
  CHECK(builder::apply_dns({{}, {"."}, {}}, kHost) ==
        "nameserver 10.0.0.1\noptions ndots:2\n");
}
