#include "parser/values.h"

#include <catch2/catch.hpp>

#include "parser/syntax_error.h"

using namespace std::chrono_literals;
using parser::SyntaxError;
using Ports = std::vector<std::string>;

TEST_CASE("ports are a number or a range with a protocol", "[D236][D237]") {
  CHECK(parser::parse_ports("80") == Ports{"80/tcp"});
  CHECK(parser::parse_ports("53/UDP") == Ports{"53/udp"});
  CHECK(parser::parse_ports("7-9/sctp") == Ports{"7/sctp", "8/sctp", "9/sctp"});
  CHECK(parser::parse_ports("0-65535").size() == 65536);
  CHECK(parser::parse_ports("80/") == Ports{"80/tcp"});
}

TEST_CASE("host addresses and ports in front of a port are dropped", "[D238]") {
  CHECK(parser::parse_ports("8080:80") == Ports{"80/tcp"});
  CHECK(parser::parse_ports("127.0.0.1:8080:80/udp") == Ports{"80/udp"});
  CHECK(parser::parse_ports("127.0.0.1::80") == Ports{"80/tcp"});
  CHECK(parser::parse_ports("[::1]:8080:80") == Ports{"80/tcp"});
  CHECK(parser::parse_ports("::1:8080:80") == Ports{"80/tcp"});
  CHECK(parser::parse_ports("8000-8009:80") == Ports{"80/tcp"});
  CHECK(parser::parse_ports("90-91:80-81") == Ports{"80/tcp", "81/tcp"});
}

TEST_CASE("what is no port is refused", "[D237][D239]") {
  for (const char* const text :
       {"", "/tcp", "x", "80/tpc", "65536", "99999999999", "9-8", "8-", "-8",
        "80:", "-1", "8 0", "x:80", "0x50", "1-2-3", "foo:80:80", "80-90:80-81",
        "1.2.3:80:80"}) {
    INFO(text);
    CHECK_THROWS_AS(parser::parse_ports(text), SyntaxError);
  }
}

TEST_CASE("durations are Go's", "[D246]") {
  CHECK(parser::parse_duration("1h2m3.5s") == 1h + 2min + 3500ms);
  CHECK(parser::parse_duration("500ms") == 500ms);
  CHECK(parser::parse_duration("0") == 0ns);
  CHECK(parser::parse_duration("1.5h") == 90min);
  CHECK(parser::parse_duration(".5s") == 500ms);
  CHECK(parser::parse_duration("-1s") == -1s);
  CHECK(parser::parse_duration("7us") == 7us);
  CHECK(parser::parse_duration("7\u00b5s") == 7us);
  CHECK(parser::parse_duration("1ns") == 1ns);
}

TEST_CASE("what is no duration is refused", "[D246]") {
  for (const char* const text :
       {"", "5", "s", "1x", "1s2", "-", ".s", "1 s", "9999999h",
        "99999999999999999999s", "1h-1m"}) {
    INFO(text);
    CHECK_THROWS_AS(parser::parse_duration(text), SyntaxError);
  }
}

TEST_CASE("sizes take units of 1024", "[D286]") {
  CHECK(parser::parse_size("512") == 512);
  CHECK(parser::parse_size("64m") == 64ULL << 20);
  CHECK(parser::parse_size("1g") == 1ULL << 30);
  CHECK(parser::parse_size("2GiB") == 2ULL << 30);
  CHECK(parser::parse_size("1.5kb") == 1536);
  CHECK(parser::parse_size("3b") == 3);
  CHECK(parser::parse_size("18446744073709551615") == ~0ULL);
  for (const char* const text :
       {"", "m", "1x", "-1", "1.2.3", "18446744073709551616", "16e", "1ib"}) {
    INFO(text);
    CHECK_THROWS_AS(parser::parse_size(text), SyntaxError);
  }
}

TEST_CASE("signals are names in any case or numbers above 0", "[D242]") {
  CHECK(parser::parse_signal("SIGTERM") == 15);
  CHECK(parser::parse_signal("term") == 15);
  CHECK(parser::parse_signal("SigQuit") == 3);
  CHECK(parser::parse_signal("9") == 9);
  CHECK(parser::parse_signal("SIGRTMIN+3") == 37);
  CHECK(parser::parse_signal("RTMAX-1") == 63);
  for (const char* const text :
       {"", "0", "-1", "SIG", "SIGNOPE", "RTMIN+99", "RTMIN+", "1x"}) {
    INFO(text);
    CHECK_THROWS_AS(parser::parse_signal(text), SyntaxError);
  }
}

TEST_CASE("modes are octal up to 7777", "[D361]") {
  CHECK(parser::parse_octal_mode("755") == 0755);
  CHECK(parser::parse_octal_mode("0004755") == 04755);
  CHECK(parser::parse_octal_mode("7777") == 07777);
  for (const char* const text :
       {"", "8", "10000", "u+x", "-1", "77777777777"}) {
    INFO(text);
    CHECK_THROWS_AS(parser::parse_octal_mode(text), SyntaxError);
  }
}

TEST_CASE("the nearest word is one or two slips away", "[D474]") {
  CHECK(parser::find_nearest("RUNN", {"RUN", "CMD"}) == "RUN");
  CHECK(parser::find_nearest("coyp", {"RUN", "COPY"}) == "COPY");
  CHECK(parser::find_nearest("tagret", {"source", "target"}) == "target");
  CHECK(parser::find_nearest("XYZ", {"RUN", "COPY"}).empty());
  CHECK(parser::find_nearest("", {"RUN"}).empty());
  CHECK(parser::find_nearest("a", {"b"}).empty());
  CHECK(parser::find_nearest(std::string(1'000'000, 'R'), {"RUN"}).empty());
}
