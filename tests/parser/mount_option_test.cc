#include "parser/mount_option.h"

#include <catch2/catch.hpp>

#include "parser/syntax_error.h"

namespace {

using parser::CacheSharing;
using parser::MountOption;
using parser::MountType;
using parser::parse_mount_option;
using parser::SyntaxError;

std::string error_of(std::string_view value) {
  try {
    parse_mount_option(value);
  } catch (const SyntaxError& error) {
    return std::to_string(error.range().start.column) + ": " + error.message() +
           (error.hint().empty() ? "" : "; ") + error.hint();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a mount is one record with keys in any case and quoted commas",
          "[D259]") {
  const MountOption option =
      parse_mount_option("TYPE=bind,\"target=/a,b\",Source=/c");
  CHECK(option.target == "/a,b");
  CHECK(option.source == "/c");
  CHECK(parse_mount_option("target=/a").type == MountType::bind);
  CHECK(error_of("\"target=/a") == "1: quote is never closed");
  CHECK_THROWS_AS(parse_mount_option("target=\"/a\""), SyntaxError);
}

TEST_CASE("unknown types, keys and missing values are refused",
          "[D260][D261]") {
  CHECK(error_of("type=cahce") ==
        "1: unknown mount type \"cahce\"; did you mean \"cache\"?");
  CHECK(error_of("type=bind,tagret=/a") ==
        "11: unknown mount key \"tagret\"; did you mean \"target\"?");
  CHECK(error_of("target") ==
        "1: mount key \"target\" has no value; write target=…");
  CHECK(error_of("") != "no error");
}

TEST_CASE("a type may follow the keys that need it", "[D262]") {
  CHECK(parse_mount_option("required,id=x,type=secret").required);
  CHECK(parse_mount_option("size=1m,target=/a,type=tmpfs").size_bytes ==
        1ULL << 20);
}

TEST_CASE("mount keys have aliases", "[D263]") {
  CHECK(parse_mount_option("dst=/a,src=b").target == "/a");
  CHECK(parse_mount_option("destination=/a,src=b").source == "b");
  CHECK(parse_mount_option("dst=/a,rw").read_only == false);
  CHECK(parse_mount_option("type=cache,dst=/a,ro").read_only);
}

TEST_CASE("mount booleans may stand alone or have a value", "[D264]") {
  CHECK(parse_mount_option("dst=/a").read_only);
  CHECK_FALSE(parse_mount_option("type=cache,dst=/a").read_only);
  CHECK_FALSE(parse_mount_option("type=tmpfs,dst=/a").read_only);
  CHECK_FALSE(parse_mount_option("dst=/a,ro=false").read_only);
  CHECK_FALSE(parse_mount_option("dst=/a,rw=T").read_only);
  CHECK(parse_mount_option("dst=/a,rw=0").read_only);
  CHECK_THROWS_AS(parse_mount_option("dst=/a,ro=maybe"), SyntaxError);
}

TEST_CASE("no file system is mounted on the root", "[D266]") {
  for (const char* const target : {"/", "//", "/.", "/.."}) {
    INFO(target);
    CHECK_THROWS_AS(parse_mount_option(std::string("target=") + target),
                    SyntaxError);
  }
  CHECK(parse_mount_option("target=/.a").target == "/.a");
}

TEST_CASE("a type refuses the keys of others", "[D274][D287][D296][D299]") {
  for (const char* const value :
       {"dst=/a,mode=755", "dst=/a,uid=1", "dst=/a,gid=1", "dst=/a,size=1",
        "dst=/a,sharing=locked", "dst=/a,required",
        "type=tmpfs,dst=/a,mode=755", "type=tmpfs,dst=/a,required",
        "type=cache,dst=/a,required", "type=secret,id=a,from=b",
        "type=secret,id=a,sharing=locked", "type=ssh,source=a"}) {
    INFO(value);
    CHECK_THAT(error_of(value), Catch::Contains("is not for type"));
  }
  CHECK(parse_mount_option("type=tmpfs,dst=/a,from=b").from == "b");
}

TEST_CASE("a cache has sharing, owner and an octal mode", "[D277][D279]") {
  const MountOption option = parse_mount_option(
      "type=cache,target=/c,id=x,sharing=Private,mode=0700,uid=1,gid=2");
  CHECK(option.sharing == CacheSharing::exclusive);
  CHECK(option.mode == 0700);
  CHECK(option.uid == 1);
  CHECK(option.gid == 2);
  CHECK_THROWS_AS(parse_mount_option("type=cache,dst=/a,sharing=x"),
                  SyntaxError);
  CHECK_THROWS_AS(parse_mount_option("type=cache,dst=/a,mode=9"), SyntaxError);
  CHECK_THROWS_AS(parse_mount_option("type=cache,dst=/a,uid=-1"), SyntaxError);
}

TEST_CASE("a secret is named by id, source or target", "[D288][D296]") {
  CHECK(parse_mount_option("type=secret,source=a").id == "a");
  CHECK(parse_mount_option("type=secret,target=/a").target == "/a");
  CHECK_THROWS_AS(parse_mount_option("type=secret,env=A"), SyntaxError);
  CHECK_THROWS_AS(parse_mount_option("type=secret,id=a,source=b"), SyntaxError);
}
