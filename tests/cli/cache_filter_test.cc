#include "cli/cache_filter.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/has_kind.h"

using builder::CacheItem;
using Catch::Matchers::Contains;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds kNow{1'700'000'000s};  // 2023-11-14

CacheItem item() {
  CacheItem made;
  made.kind = CacheItem::Kind::cache_mount;
  made.type = "exec.cachemount";
  made.id = "abcdef";
  made.description = "cache mount /root/.npm";
  made.last_used = kNow - 10h;
  return made;
}

bool passes(const std::vector<std::string>& filters,
            const CacheItem& tested = item()) {
  return cli::read_cache_filter(filters, kNow).passes(tested);
}

}  // namespace

TEST_CASE("a filter compares texts, beginnings of ids and patterns",
          "[cache_filter]") {
  CHECK(passes({}));
  CHECK(passes({"id=abc"}));
  CHECK_FALSE(passes({"id=bcd"}));
  CHECK(passes({"id!=bcd"}));
  CHECK(passes({"type=exec.cachemount"}));
  CHECK(passes({"type==exec.cachemount"}));
  CHECK_FALSE(passes({"type=exec"}));
  CHECK(passes({"type~=^exec"}));
  CHECK(passes({"description~=npm$"}));
  CHECK_FALSE(passes({"description=npm"}));
  // All of them must let it through.
  CHECK_FALSE(passes({"id=abc", "type=regular"}));
}

TEST_CASE("a filter of what is so or not needs no value", "[cache_filter]") {
  CacheItem shared = item();
  shared.kind = CacheItem::Kind::layer;
  shared.images = {base::Digest::of("image")};
  shared.is_in_use = true;
  CHECK(passes({"shared"}, shared));
  CHECK_FALSE(passes({"shared"}));
  CHECK(passes({"private"}));
  CHECK(passes({"shared=false"}));
  CHECK(passes({"shared!=1"}));
  CHECK(passes({"inuse"}, shared));
  CHECK(passes({"mutable"}));
  CHECK(passes({"immutable=true"}, shared));
}

TEST_CASE("a filter by age takes a duration or a time", "[cache_filter]") {
  CHECK(passes({"until=9h"}));
  CHECK_FALSE(passes({"until=10h"}));  // used since then
  CHECK(passes({"unused-for=9h59m"}));
  CHECK(passes({"until=2023-11-14T22:00:00Z"}));
  CHECK_FALSE(passes({"until=2023-11-14"}));
  CHECK(cli::read_cache_filter({"until=1h"}, kNow).has_age);
  CHECK_FALSE(cli::read_cache_filter({"shared"}, kNow).has_age);
}

TEST_CASE("a filter that says nothing is refused", "[cache_filter]") {
  for (const char* filter :
       {"", "=", "id", "type", "until", "until=", "until=soon", "until!=1h",
        "shared=maybe", "shared~=true", "description~=(", "tipe=x"}) {
    CAPTURE(filter);
    CHECK_THROWS_MATCHES(cli::read_cache_filter({filter}, kNow), base::Error,
                         tests::HasKind(base::ErrorKind::usage));
  }
  try {
    cli::read_cache_filter({"tipe=x"}, kNow);
  } catch (const base::Error& error) {
    CHECK_THAT(error.hint(), Contains("did you mean \"type\"?"));
  }
}
