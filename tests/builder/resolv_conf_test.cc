#include "builder/resolv_conf.h"

#include <catch2/catch.hpp>

using builder::choose_resolv_conf;
using builder::Network;

TEST_CASE("a sandbox in the host's network has the host's name servers",
          "[system][D313]") {
  const char* const kHost = "nameserver 127.0.0.53\noptions edns0\n";
  CHECK(choose_resolv_conf(kHost, "nameserver 10.0.0.1\n", Network::of_host) ==
        kHost);
}

TEST_CASE("a network of its own has no use for loopback servers",
          "[system][D313]") {
  CHECK(choose_resolv_conf("# local\nnameserver 127.0.0.1\n"
                           "search example.org\nnameserver 10.0.0.1\n",
                           "", Network::own) ==
        "# local\nsearch example.org\nnameserver 10.0.0.1\n");
}

TEST_CASE("servers behind a local resolver are asked directly",
          "[system][D313]") {
  CHECK(choose_resolv_conf("nameserver 127.0.0.53\nsearch a\n",
                           "nameserver 10.0.0.2\nsearch b\n",
                           Network::own) == "nameserver 10.0.0.2\nsearch b\n");
}

TEST_CASE("public servers are the last resort", "[system][D313]") {
  CHECK(choose_resolv_conf("nameserver ::1\nsearch a\n",
                           "nameserver 127.0.0.1\n", Network::own) ==
        "search a\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n");
  CHECK(choose_resolv_conf("", "", Network::own) ==
        "nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
}
