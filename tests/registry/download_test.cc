// Downloads against a server of this machine that is as bad as servers get.
#include "registry/download.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "http_server.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using Catch::Contains;
using registry::Downloaded;
using registry::DownloadRequest;
using tests::HttpServer;

namespace {

struct Fixture {
  HttpServer server;
  base::TempDir root;
  registry::HttpLimits limits = {.connect = std::chrono::seconds(2),
                                 .stall = std::chrono::seconds(2),
                                 .first_delay = std::chrono::milliseconds(1)};
  std::vector<std::string> proxies;
  std::string content;  // of the last download
  std::stop_source stop;
  registry::OnDownload on_bytes;

  Downloaded get(const DownloadRequest& request) {
    registry::HttpClient client(registry::Proxies(proxies), limits);
    const base::Fd file =
        base::open_file(root.path() / "file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    const Downloaded result =
        registry::download(client, request, file, on_bytes, stop.get_token());
    content = base::read_file(root.path() / "file");
    return result;
  }
  Downloaded get(const std::string& path) {
    return get(DownloadRequest{server.url(path), {}, {}});
  }
  base::Error error_of(const DownloadRequest& request) {
    try {
      get(request);
    } catch (const base::Error& error) {
      return error;
    }
    FAIL("the download went well");
    throw std::logic_error("unreachable");
  }
  base::Error error_of(const std::string& path) {
    return error_of(DownloadRequest{server.url(path), {}, {}});
  }
};

}  // namespace

TEST_CASE("a file comes with what its server says of it",
          "[download][D386][D389]") {
  Fixture fixture;
  fixture.server.put("a", "some text");
  std::uint64_t last = 0;
  std::optional<std::uint64_t> total;
  fixture.on_bytes = [&](std::uint64_t bytes,
                         std::optional<std::uint64_t> all) {
    last = bytes;
    total = all;
  };
  const Downloaded result = fixture.get("/full/a");
  CHECK(fixture.content == "some text");
  CHECK(result.size_bytes == 9);
  CHECK(last == 9);
  CHECK(total == 9);
  CHECK(registry::find_http_date(result.validators.last_modified));
  CHECK_THAT(result.validators.etag, Catch::StartsWith("\""));
  CHECK(fixture.get("/plain/a").validators.is_empty());
}

TEST_CASE("an empty file is a file", "[download][D386]") {
  Fixture fixture;
  fixture.server.put("empty", "");
  CHECK(fixture.get("/full/empty").size_bytes == 0);
}

TEST_CASE("an unchanged file is asked for and not fetched",
          "[download][D389]") {
  Fixture fixture;
  fixture.server.put("a", "some text");
  for (const std::string kind : {"full", "etag", "weak", "dated"}) {
    CAPTURE(kind);
    const std::string path = "/" + kind + "/a";
    const auto known = fixture.get(path).validators;
    const DownloadRequest again{fixture.server.url(path), {}, known};
    CHECK(fixture.get(again).is_unchanged);
    CHECK(fixture.content.empty());
    CHECK_THAT(fixture.server.requests().back(), Contains(" 304 "));
  }
  const auto known = fixture.get("/etag/a").validators;
  fixture.server.put("a", "other text");
  const DownloadRequest again{fixture.server.url("/etag/a"), {}, known};
  CHECK_FALSE(fixture.get(again).is_unchanged);
  CHECK(fixture.content == "other text");
}

TEST_CASE("redirects are followed, but not for ever", "[download][D386]") {
  Fixture fixture;
  fixture.server.put("a", "there");
  fixture.get("/redirect/10/full/a");
  CHECK(fixture.content == "there");
  const base::Error error = fixture.error_of("/loop/0");
  CHECK(error.kind() == ErrorKind::invalid_input);
  CHECK_THAT(error.message(), Contains("redirected more than 10 times"));
  CHECK(fixture.server.requests().size() == 22);
}

TEST_CASE("a redirect leads to http and https only", "[download][D386]") {
  Fixture fixture;
  for (const char* url :
       {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x"}) {
    CAPTURE(url);
    const base::Error error = fixture.error_of(std::string("/to?") + url);
    CHECK(error.kind() == ErrorKind::invalid_input);
  }
}

TEST_CASE("a cut transfer goes on where it ended", "[download][D386]") {
  Fixture fixture;
  const std::string text(100'000, 'a');
  fixture.server.put("a", text + "end");
  fixture.get("/cut/a");
  CHECK(fixture.content == text + "end");
  REQUIRE(fixture.server.requests().size() == 2);
  CHECK_THAT(fixture.server.requests()[1],
             Contains(" 206 ") && Contains("Range=bytes=50001-"));
}

TEST_CASE("a file that changes between two tries is never a mixture",
          "[download][D386]") {
  Fixture fixture;
  fixture.server.put("a", std::string(100'000, 'a'));
  fixture.server.put("a.new", std::string(90'000, 'b'));
  fixture.get("/swap/a");
  CHECK(fixture.content == std::string(90'000, 'b'));
}

TEST_CASE("a transfer that is cut every time fails", "[download][D386]") {
  Fixture fixture;
  fixture.server.put("a", std::string(1000, 'a'));
  const base::Error error = fixture.error_of("/broken/a");
  CHECK(error.kind() == ErrorKind::unavailable);
  CHECK_THAT(error.message(), Contains("bytes remaining"));
}

TEST_CASE("what a server will do later is tried again, an answer is final",
          "[download][D386]") {
  Fixture fixture;
  fixture.server.put("a", "at last");
  fixture.get("/flaky/3/full/a");
  CHECK(fixture.content == "at last");
  CHECK(fixture.server.requests().size() == 4);

  const auto all_tries =
      static_cast<std::size_t>(fixture.limits.fruitless_tries);
  struct Case {
    int status;
    ErrorKind kind;
    std::size_t tries;
  };
  for (const Case& one :
       {Case{404, ErrorKind::not_found, 1}, Case{403, ErrorKind::denied, 1},
        Case{400, ErrorKind::invalid_input, 1},
        Case{501, ErrorKind::invalid_input, 1},
        Case{500, ErrorKind::unavailable, all_tries}}) {
    CAPTURE(one.status);
    const std::size_t before = fixture.server.requests().size();
    const base::Error error =
        fixture.error_of("/status/" + std::to_string(one.status));
    CHECK(error.kind() == one.kind);
    CHECK_THAT(error.message(),
               Contains(fmt::format("127.0.0.1:{} says {} ",
                                    fixture.server.port(), one.status)));
    CHECK(fixture.server.requests().size() == before + one.tries);
  }
}

TEST_CASE("a packed body is stored as what it stands for", "[download][D386]") {
  Fixture fixture;
  fixture.server.put("a", "some text");
  fixture.get("/gzip/a");
  CHECK(fixture.content == "some text");
}

TEST_CASE("blanks and letters of any language may stand in an address",
          "[download][D386]") {
  Fixture fixture;
  fixture.server.put("\xe4\xbd\xa0 \xe5\xa5\xbd", "hello");
  fixture.get("/full/\xe4\xbd\xa0 \xe5\xa5\xbd");
  CHECK(fixture.content == "hello");
  fixture.get("/full/%E4%BD%A0%20%E5%A5%BD");
  CHECK(fixture.content == "hello");
}

TEST_CASE("credentials go to their own server alone", "[download][D390]") {
  Fixture fixture;
  HttpServer other;
  fixture.server.put("a", "x");
  other.put("a", "x");
  const auto ask = [&](const std::string& path) {
    fixture.get(DownloadRequest{fixture.server.url(path), "open sesame", {}});
  };
  ask("/auth/a");
  CHECK(fixture.content == "x");
  ask("/redirect/2/auth/a");
  CHECK_THAT(fixture.server.requests().back(), Contains("open sesame"));
  ask("/to?" + other.url("/full/a"));
  CHECK_THAT(other.requests().back(), !Contains("Authorization"));
  // The same server under another name is another server.
  ask(fmt::format("/to?http://localhost:{}/full/a", fixture.server.port()));
  CHECK_THAT(fixture.server.requests().back(), !Contains("Authorization"));
  // Nor do they come back with a redirect from there.
  ask("/to?" + other.url("/to?" + fixture.server.url("/full/a")));
  CHECK_THAT(fixture.server.requests().back(), !Contains("Authorization"));

  fixture.get(DownloadRequest{
      fmt::format("http://me:p%40ss@127.0.0.1:{}/redirect/1/full/a",
                  fixture.server.port()),
      {},
      {}});
  CHECK_THAT(fixture.server.requests().back(),
             Contains("Authorization=Basic bWU6cEBzcw=="));
}

TEST_CASE("a proxy is asked for all but this machine", "[download][D390]") {
  Fixture fixture;
  fixture.server.put("a", "by proxy");
  fixture.proxies = {"HTTP_PROXY=" + fixture.server.url("")};
  fixture.get(DownloadRequest{"http://strake.test/full/a", {}, {}});
  CHECK(fixture.content == "by proxy");
  CHECK_THAT(fixture.server.requests().back(), Contains("Host=strake.test"));

  fixture.proxies.emplace_back("no_proxy=.test");
  const base::Error error =
      fixture.error_of(DownloadRequest{"http://strake.test/full/a", {}, {}});
  CHECK(error.kind() == ErrorKind::unavailable);
  CHECK_THAT(error.message(), Contains("strake.test"));

  const registry::Proxies given({"https_proxy=http://low",
                                 "HTTPS_PROXY=http://up",
                                 "ALL_PROXY=http://a"});
  CHECK(given.find("https://host/") == "http://low");
  CHECK(given.find("http://host/") == "http://a");
  CHECK(given.find("https://localhost:1/").empty());
  CHECK(given.find("https://127.0.0.1/").empty());
}

TEST_CASE("a header that nobody could keep is refused at once", "[download]") {
  Fixture fixture;
  const base::Error error = fixture.error_of("/wide");
  CHECK(error.kind() == ErrorKind::invalid_input);
  CHECK_THAT(error.message(), Contains("a line of the reply's head"));
}

TEST_CASE("a server that never ends its headers is left", "[download]") {
  Fixture fixture;
  const base::Error error = fixture.error_of("/bomb");
  CHECK(error.kind() == ErrorKind::invalid_input);
  CHECK_THAT(error.message(), Contains("headers are more than 256 KiB"));
}

TEST_CASE("a server that says nothing, or no HTTP, is given up",
          "[download][D386]") {
  Fixture fixture;
  fixture.limits.fruitless_tries = 1;
  CHECK(fixture.error_of("/silent").kind() == ErrorKind::unavailable);
  CHECK_THAT(fixture.error_of("/garbage").message(), Contains("HTTP/0.9"));
  const base::Error refused =
      fixture.error_of(DownloadRequest{"http://127.0.0.1:1/x", {}, {}});
  CHECK(refused.kind() == ErrorKind::unavailable);
  CHECK_THAT(refused.message(), Contains("connect to 127.0.0.1 port 1"));
  CHECK(fixture.error_of(DownloadRequest{"http://u:secret@/x", {}, {}})
            .message()
            .find("secret") == std::string::npos);
}

TEST_CASE("a server that says nothing is asked as often as an absent one",
          "[download]") {
  Fixture fixture;
  fixture.limits.stall = std::chrono::seconds(1);
  fixture.limits.unreached_tries = 2;
  CHECK(fixture.error_of("/silent").kind() == ErrorKind::unavailable);
  CHECK(fixture.server.requests().size() == 2);
}

TEST_CASE("a stop ends a transfer at once, whatever it waits for",
          "[download]") {
  using Clock = std::chrono::steady_clock;
  for (const char* path : {"/silent", "/endless", "/drip/a", "/status/503"}) {
    CAPTURE(path);
    Fixture fixture;
    fixture.limits.first_delay = std::chrono::seconds(20);
    fixture.server.put("a", "slowly, slowly");
    const auto start = Clock::now();
    const std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      fixture.stop.request_stop();
    });
    CHECK_THROWS_MATCHES(fixture.get(path), base::Error,
                         tests::HasKind(ErrorKind::cancelled));
    CHECK(Clock::now() - start < std::chrono::seconds(1));
  }
}
