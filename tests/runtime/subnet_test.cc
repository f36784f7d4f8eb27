#include "runtime/subnet.h"

#include <catch2/catch.hpp>

using runtime::choose_subnet;
using runtime::find_subnet;
using runtime::Subnet;

namespace {

Subnet subnet(const char* text) { return find_subnet(text).value(); }

}  // namespace

TEST_CASE("a subnet is written as it is read", "[runtime]") {
  for (const char* text : {"10.231.0.0/24", "0.0.0.0/0", "192.0.2.7/32"}) {
    CHECK(render_subnet(subnet(text)) == text);
  }
  CHECK(render_subnet(subnet("10.1.2.3/8")) == "10.0.0.0/8");
  for (const char* text : {"10.0.0.0", "10.0.0.0/33", "10.0.0/24", "/24",
                           "10.0.0.0/24 ", "10.0.0.0/"}) {
    CAPTURE(text);
    CHECK_FALSE(find_subnet(text));
  }
}

TEST_CASE("networks overlap when one holds the other", "[runtime]") {
  CHECK(subnet("10.0.0.0/8").overlaps(subnet("10.231.4.0/24")));
  CHECK(subnet("10.231.4.7/32").overlaps(subnet("10.231.4.0/24")));
  CHECK(subnet("0.0.0.0/0").overlaps(subnet("10.0.0.0/24")));
  CHECK_FALSE(subnet("10.231.5.0/24").overlaps(subnet("10.231.4.0/24")));
}

TEST_CASE("steps get a network that hides nothing of the host's", "[runtime]") {
  CHECK(choose_subnet({}) == subnet("10.231.0.0/24"));
  CHECK(choose_subnet({subnet("10.231.0.53/32"), subnet("10.231.1.0/24")}) ==
        subnet("10.231.2.0/24"));
  CHECK(choose_subnet({subnet("10.0.0.0/8")}) == subnet("172.16.0.0/24"));
  CHECK(choose_subnet({subnet("10.0.0.0/8"), subnet("172.16.0.0/12")}) ==
        subnet("192.168.241.0/24"));
  // A VPN that takes every private address.
  CHECK_FALSE(choose_subnet({subnet("10.0.0.0/8"), subnet("172.16.0.0/12"),
                             subnet("192.168.0.0/16")}));
}
