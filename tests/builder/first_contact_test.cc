// Servers of caches that are away: who asks once knows it.
#include "builder/first_contact.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "registry/unavailable.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using tests::HasKind;

namespace {

struct Fixture {
  builder::FirstContacts contacts;
  int asked = 0;

  void ask(const std::string& server, const std::exception_ptr& error) {
    contacts.ask(server, {}, [&](const std::stop_token&) {
      ++asked;
      if (error) std::rethrow_exception(error);
    });
  }
  static std::exception_ptr unreached() {
    registry::Unavailable error("nobody listens at one");
    error.is_unreached = true;
    return std::make_exception_ptr(error);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a server that was not reached is not asked again",
                 "[first_contact]") {
  const HasKind is_away(ErrorKind::unavailable, "nobody listens at one");
  CHECK_THROWS_MATCHES(ask("one", unreached()), base::Error, is_away);
  CHECK_THROWS_MATCHES(ask("one", {}), base::Error, is_away);
  CHECK_THROWS_MATCHES(
      ask("one", {}), base::Error,
      HasKind(ErrorKind::unavailable, "(it was not asked again)"));
  CHECK(asked == 1);
  ask("other", {});
  CHECK(asked == 2);
}

TEST_CASE_METHOD(Fixture, "one that has answered, whatever, is asked again",
                 "[first_contact]") {
  const auto error = GENERATE(
      std::make_exception_ptr(registry::Unavailable("busy")),
      std::make_exception_ptr(base::Error(ErrorKind::denied, "no")),
      std::make_exception_ptr(base::Error(ErrorKind::not_found, "nothing")));
  CHECK_THROWS(ask("one", error));
  ask("one", {});
  CHECK(asked == 2);
}

TEST_CASE("a build that ends says nothing of its servers", "[first_contact]") {
  builder::FirstContacts contacts;
  std::stop_source stop;
  const auto wait = [&](const std::stop_token& token) {
    stop.request_stop();
    REQUIRE(token.stop_requested());
    throw base::Error(ErrorKind::cancelled, "interrupted");
  };
  CHECK_THROWS_MATCHES(contacts.ask("one", stop.get_token(), wait), base::Error,
                       HasKind(ErrorKind::cancelled));
  CHECK_NOTHROW(contacts.ask("one", {}, [](const std::stop_token&) {}));
}
