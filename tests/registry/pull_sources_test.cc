#include "registry/pull_sources.h"

#include <catch2/catch.hpp>
#include <memory>

#include "registry/unavailable.h"
#include "tests/has_kind.h"

using base::Error;
using base::ErrorKind;
using registry::PullSource;
using registry::PullSources;

namespace {

// Sources at "m0.example", "m1.example" …, none of which is asked in truth.
class Places {
 public:
  PullSources make(int count, std::vector<std::string> refusals = {}) {
    std::vector<PullSource> sources;
    for (int i = 0; i < count; ++i) {
      registry::HostSettings settings;
      settings.authority = "m" + std::to_string(i) + ".example";
      hosts_.push_back(std::make_unique<registry::RegistryHost>(
          settings, [] { return std::nullopt; }, registry::Proxies(),
          registry::HttpLimits()));
      sources.push_back({registry::Repository(*hosts_.back(), "x"), "1"});
    }
    return {"example.com/x:1", std::move(sources), std::move(refusals)};
  }

 private:
  std::vector<std::unique_ptr<registry::RegistryHost>> hosts_;
};

std::string authority_of(const PullSource& source) {
  return source.repository.host().settings().authority;
}

}  // namespace

TEST_CASE("the first source that works is the only one asked",
          "[pull_sources]") {
  Places places;
  int asked = 0;
  const std::string answer = places.make(2).try_each([&](const auto& source) {
    ++asked;
    return authority_of(source);
  });
  CHECK(answer == "m0.example");
  CHECK(asked == 1);
}

TEST_CASE("a source that fails is followed by the next", "[pull_sources]") {
  for (const ErrorKind kind :
       {ErrorKind::unavailable, ErrorKind::not_found, ErrorKind::denied,
        ErrorKind::corrupt, ErrorKind::invalid_input}) {
    Places places;
    std::string answer;
    places.make(3).try_each([&](const PullSource& source) {
      if (authority_of(source) != "m2.example") throw Error(kind, "no");
      answer = authority_of(source);
    });
    CHECK(answer == "m2.example");
  }
}

TEST_CASE("when all sources fail each one's words are told", "[pull_sources]") {
  Places places;
  try {
    places.make(2).try_each([](const PullSource& source) {
      if (authority_of(source) == "m0.example") {
        throw Error(ErrorKind::unavailable, "connection refused");
      }
      throw Error(ErrorKind::not_found, "m1.example says 404")
          .hint("is it there?");
    });
    FAIL("nobody had it");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::not_found);
    CHECK(error.message() ==
          "no registry gave example.com/x:1: m0.example: connection refused; "
          "m1.example says 404");
    CHECK(error.hint() == "is it there?");
  }
}

TEST_CASE("the error of an only source stays what it is", "[pull_sources]") {
  Places places;
  const PullSources only = places.make(1);
  CHECK_THROWS_AS(only.try_each([](const PullSource&) {
    throw registry::Unavailable("busy");
  }),
                  registry::Unavailable);
}

TEST_CASE("a source that is blocked is told beside those that failed",
          "[pull_sources]") {
  Places places;
  const PullSources one = places.make(1, {"/r.conf:3 blocks example.com"});
  CHECK_THROWS_MATCHES(one.try_each([](const PullSource&) {
    throw Error(ErrorKind::not_found, "no such image");
  }),
                       Error,
                       tests::HasKind(ErrorKind::not_found,
                                      "m0.example: no such image; /r.conf:3 "
                                      "blocks example.com"));
  CHECK_THROWS_MATCHES(
      places.make(0, {"/r.conf:3 blocks example.com"}), Error,
      tests::HasKind(ErrorKind::denied,
                     "example.com/x:1 must not be pulled: /r.conf:3"));
}

TEST_CASE("what no other source can mend ends the tries", "[pull_sources]") {
  for (const ErrorKind kind : {ErrorKind::cancelled, ErrorKind::system}) {
    Places places;
    int asked = 0;
    CHECK_THROWS_MATCHES(places.make(2).try_each([&](const PullSource&) {
      ++asked;
      throw Error(kind, "the end");
    }),
                         Error, tests::HasKind(kind, "the end"));
    CHECK(asked == 1);
  }
}
