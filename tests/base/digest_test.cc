#include "base/digest.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/has_kind.h"

using base::Digest;

TEST_CASE("a digest is sha256 and its text form reads back") {
  const Digest digest = Digest::of("abc");
  CHECK(digest.hex() ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(Digest::parse(digest.str()) == digest);
  CHECK(digest.brief() == "ba7816bf8f01");
}

TEST_CASE("only the exact text form is a digest") {
  const std::string good = Digest::of("abc").str();
  for (const std::string& text :
       {good.substr(1), good + "0", good.substr(0, 70), std::string("sha256:"),
        "SHA256:" + good.substr(7), std::string("sha512:") + good.substr(7)}) {
    INFO(text);
    CHECK_FALSE(Digest::find_in(text));
    CHECK_THROWS_MATCHES(Digest::parse(text), base::Error,
                         tests::HasKind(base::ErrorKind::invalid_input));
  }
}

TEST_CASE("a hasher starts anew after each digest") {
  base::Hasher hasher;
  hasher.update("ab");
  hasher.update("c");
  CHECK(hasher.finish() == Digest::of("abc"));
  CHECK(hasher.finish() == Digest::of(""));
}

TEST_CASE("the unset digest is none of any content") {
  CHECK_FALSE(Digest().is_set());
  CHECK(Digest::of("").is_set());
}
