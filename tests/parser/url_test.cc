// Addresses cut into their parts, and what of them may be shown.
#include "parser/url.h"

#include <catch2/catch.hpp>

using parser::find_url;
using parser::mask_credentials;
using parser::redact_address;
using parser::redact_credentials;

TEST_CASE("an address is cut into its parts", "[url]") {
  const auto url = find_url("HTTPS://me:a@b@Host.org:8443/p/q.txt?x=1?#f#g");
  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->userinfo == "me:a@b");
  CHECK(url->host == "Host.org");
  CHECK(url->port == "8443");
  CHECK(url->path == "/p/q.txt");
  CHECK(url->query == "x=1?");
  CHECK(url->fragment == "f#g");
  CHECK(find_url("http://[::1]:80")->host == "[::1]");
  CHECK(find_url("http://host")->path.empty());
  CHECK_FALSE(find_url("host/path"));
  CHECK_FALSE(find_url("http:/host"));
  CHECK_FALSE(find_url("http://host:port/"));
  CHECK_FALSE(find_url("1http://host/"));
}

TEST_CASE("the last part of the path names the file", "[url][D387]") {
  const auto name = [](const char* text) {
    return parser::file_name_of(*find_url(text));
  };
  CHECK(name("http://h/a/b.tar.gz?download=c.zip#d") == "b.tar.gz");
  CHECK(name("http://h/a/b/") == "b");
  CHECK(name("http://h/a%20b%2fc") == "c");
  CHECK(name("http://h/%E4%BD%A0.txt") == "\xe4\xbd\xa0.txt");
  CHECK(name("http://h/100%") == "100%");
  CHECK(name("http://h").empty());
  CHECK(name("http://h/").empty());
  CHECK(name("http://h/a/..").empty());
  CHECK(name("http://h/a%00b").empty());
}

TEST_CASE("credentials in an address are not shown", "[url]") {
  CHECK(redact_credentials("ADD https://me:pw@h/x http://tok@h /d@e") ==
        "ADD https://xxxxx:xxxxx@h/x http://xxxxx@h /d@e");
  CHECK(redact_credentials("https://a:b@c@h") == "https://xxxxx:xxxxx@h");
  CHECK(redact_credentials("git@host:path") == "git@host:path");
  CHECK(mask_credentials("ADD http://a:b@h/ git://me@h") ==
        "ADD http://xxx@h/ git://xx@h");
}

TEST_CASE("no byte of a password keeps it from being hidden", "[url]") {
  for (const std::string password :
       {"pa'ss", "pa\"ss", "pa ss", "pa\tss", "pa@ss", "pa://ss", "pa/ss",
        "pa?ss", "pa#ss", "pa'/ ss", "[pa]", ""}) {
    CAPTURE(password);
    CHECK(redact_address("https://bob:" + password + "@host/f@1") ==
          (password.find_first_of("/?#") == std::string::npos
               ? "https://xxxxx:xxxxx@host/f@1"
               : "https://xxxxx:xxxxx@1"));
  }
  CHECK(redact_address("https://to'k en@[::1]:80/f") ==
        "https://xxxxx@[::1]:80/f");
  for (const char* open :
       {"https://host/a@b", "https://host:80/a@b", "https://[::1]:80/a@b",
        "https://[::1]/a@b", "http://host:port/", "git@host:path"}) {
    CAPTURE(open);
    CHECK(redact_address(open) == open);
    CHECK(redact_credentials(open) == open);
  }
}

TEST_CASE("in a text an address ends at a blank or its own quote", "[url]") {
  CHECK(redact_credentials("ADD https://bob:pa'ss@h/f /") ==
        "ADD https://xxxxx:xxxxx@h/f /");
  CHECK(redact_credentials("ADD https://bob:pa/ss@h /") ==
        "ADD https://xxxxx:xxxxx@h /");
  CHECK(redact_credentials(R"(["https://bob:pa \" ss@h/f","a@b"])") ==
        R"(["https://xxxxx:xxxxx@h/f","a@b"])");
  CHECK(redact_credentials(R"(["get","http://host","a@b"])") ==
        R"(["get","http://host","a@b"])");
  CHECK(redact_credentials("'http://a:b@h http://a:b@h \"http://") ==
        "'http://xxxxx:xxxxx@h http://xxxxx:xxxxx@h \"http://");
}
