// Questions over connections (RFC 7766). Each case has a network of its own, in
// which it is the asker and also the server.
#include "runtime/dns_relay.h"

#include <arpa/inet.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <catch2/catch.hpp>
#include <future>

#include "runtime/netlink.h"

namespace {

constexpr const char* kServer = "127.0.0.1";

sockaddr_in port_53_of(const char* address) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(53);
  REQUIRE(::inet_pton(AF_INET, address, &result.sin_addr) == 1);
  return result;
}

// Waits for two seconds at most, whatever for.
void be_impatient(const base::Fd& socket) {
  const timeval patience{2, 0};
  REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience,
                       sizeof patience) == 0);
}

base::Fd make_socket() {
  base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  be_impatient(socket);
  return socket;
}

void send_text(const base::Fd& to, const std::string& text) {
  REQUIRE(::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
}

// "nothing" when none comes, "" at the end.
std::string receive_text(const base::Fd& from) {
  std::array<char, 64> buffer{};
  const ssize_t size = ::recv(from.get(), buffer.data(), buffer.size(), 0);
  return size < 0 ? "nothing"
                  : std::string(buffer.data(), static_cast<std::size_t>(size));
}

class RelayedServer {
 public:
  RelayedServer() : listener_(make_socket()) {
    const sockaddr_in own = port_53_of(kServer);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&own),
                   sizeof own) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
  }
  base::Fd ask(const std::string& question) const {
    base::Fd asker = make_socket();
    const sockaddr_in relay = port_53_of(runtime::kRelayAddress);
    REQUIRE(::connect(asker.get(), reinterpret_cast<const sockaddr*>(&relay),
                      sizeof relay) == 0);
    send_text(asker, question);
    return asker;
  }
  base::Fd accept() const {
    base::Fd accepted(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(accepted);
    be_impatient(accepted);
    return accepted;
  }

 private:
  base::Fd listener_;
  runtime::DnsRelay relay_{runtime::DnsRelay::Sockets(), {kServer}};
};

template <typename Body>
void with_relayed_server(const Body& body) {
  std::async(std::launch::async, [&] {
    REQUIRE(::unshare(CLONE_NEWNET) == 0);
    runtime::Netlink().bring_up("lo");
    body(RelayedServer());
  }).get();
}

}  // namespace

TEST_CASE("questions over a connection are answered in turn",
          "[root][runtime]") {
  with_relayed_server([](const RelayedServer& server) {
    const base::Fd asker = server.ask("first");
    base::Fd served = server.accept();
    CHECK(receive_text(served) == "first");
    send_text(served, "one");
    CHECK(receive_text(asker) == "one");
    send_text(asker, "second");
    CHECK(receive_text(served) == "second");
    send_text(served, "two");
    served.reset();
    CHECK(receive_text(asker) == "two");
    CHECK(receive_text(asker).empty());
  });
}

TEST_CASE("a server hears that no more questions come", "[root][runtime]") {
  with_relayed_server([](const RelayedServer& server) {
    const base::Fd asker = server.ask("question");
    REQUIRE(::shutdown(asker.get(), SHUT_WR) == 0);
    const base::Fd served = server.accept();
    CHECK(receive_text(served) == "question");
    CHECK(receive_text(served).empty());
    send_text(served, "answer");
    CHECK(receive_text(asker) == "answer");
  });
}

TEST_CASE("askers that are gone keep nobody from asking", "[root][runtime]") {
  with_relayed_server([](const RelayedServer& server) {
    std::vector<base::Fd> kept;  // the server does not hang up
    for (int i = 0; i < 40; ++i) {
      base::Fd asker = server.ask("question");
      kept.push_back(server.accept());
      REQUIRE(receive_text(kept.back()) == "question");
      REQUIRE(::shutdown(asker.get(), SHUT_WR) == 0);
      REQUIRE(receive_text(kept.back()).empty());
      const linger at_once{1, 0};
      REQUIRE(::setsockopt(asker.get(), SOL_SOCKET, SO_LINGER, &at_once,
                           sizeof at_once) == 0);
    }
  });
}
