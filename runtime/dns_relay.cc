#include "runtime/dns_relay.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <utility>

#include "base/error.h"

namespace runtime {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint16_t kPort = 53;
constexpr auto kPatience = std::chrono::seconds(2);
// A step may ask as much as it likes; beyond this the oldest go unanswered.
constexpr std::size_t kMaxQuestions = 128;
constexpr std::size_t kMaxConnections = 32;
// A connection on which nothing moves for so long is over.
constexpr auto kIdleLimit = std::chrono::seconds(30);

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&bytes); }
  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&bytes);
  }
};

Address parse_server(const std::string& text) {
  Address address;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(text.c_str(), "53", &hints, &found) != 0) return address;
  std::memcpy(&address.bytes, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return address;
}

base::Fd listen_at_relay(int type) {
  base::Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_port = htons(kPort);
  ::inet_pton(AF_INET, kRelayAddress, &own.sin_addr);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own),
             sizeof own) != 0 ||
      (type == SOCK_STREAM && ::listen(socket.get(), 16) != 0)) {
    throw base::system_error(errno, "network: listening for DNS questions");
  }
  return socket;
}

// A socket that talks to the server; empty when it refuses at once.
base::Fd connect_to(const Address& server, int type) {
  base::Fd socket(
      ::socket(server.bytes.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket && ::connect(socket.get(), server.get(), server.size) != 0 &&
      errno != EINPROGRESS) {
    socket.reset();
  }
  return socket;
}

// One datagram that waits for its answer.
struct Question {
  std::string bytes;
  Address asker;
  base::Fd upstream;
  std::size_t server = 0;  // asked last
  Clock::time_point deadline;
};

// What goes one way of a connection.
struct Flow {
  std::string pending;
  bool is_ended = false;   // nothing more to read
  bool is_passed = false;  // and the other side was told

  // False when the connection is broken.
  bool read(const base::Fd& from) {
    std::array<char, 16384> buffer;
    const ssize_t size = ::recv(from.get(), buffer.data(), buffer.size(), 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) is_ended = true;
    pending.append(buffer.data(), static_cast<std::size_t>(size));
    return true;
  }
  bool write(const base::Fd& to) {
    if (!pending.empty()) {
      const ssize_t size =
          ::send(to.get(), pending.data(), pending.size(), MSG_NOSIGNAL);
      if (size < 0) return errno == EAGAIN || errno == EINTR;
      pending.erase(0, static_cast<std::size_t>(size));
    }
    if (pending.empty() && is_ended && !is_passed) {
      ::shutdown(to.get(), SHUT_WR);
      is_passed = true;
    }
    return true;
  }
};

struct Connection {
  base::Fd asker;
  base::Fd upstream;
  Flow up;
  Flow down;
  Clock::time_point deadline = Clock::now() + kIdleLimit;
};

class Relay {
 public:
  Relay(DnsRelay::Sockets sockets, std::vector<Address> servers,
        const base::Fd& end)
      : sockets_(std::move(sockets)), servers_(std::move(servers)), end_(end) {}

  // Until the other end of the pipe is closed.
  void run() {
    for (;;) {
      std::vector<pollfd> files = list_files();
      const bool has_deadlines = !questions_.empty() || !connections_.empty();
      if (::poll(files.data(), files.size(), has_deadlines ? 250 : -1) < 0 &&
          errno != EINTR) {
        return;
      }
      if (files[0].revents != 0) return;
      auto state = files.cbegin() + 3;
      for (auto it = questions_.begin(); it != questions_.end(); ++state) {
        it = answer(*it, state->revents) ? questions_.erase(it) : std::next(it);
      }
      for (auto it = connections_.begin(); it != connections_.end();
           state += 2) {
        it = carry(*it, state[0].revents, state[1].revents)
                 ? std::next(it)
                 : connections_.erase(it);
      }
      if (files[1].revents != 0) take_question();
      if (files[2].revents != 0) take_connection();
    }
  }

 private:
  std::vector<pollfd> list_files() const {
    std::vector<pollfd> files = {{end_.get(), POLLIN, 0},
                                 {sockets_.udp.get(), POLLIN, 0},
                                 {sockets_.tcp.get(), POLLIN, 0}};
    for (const Question& question : questions_) {
      files.push_back({question.upstream.get(), POLLIN, 0});
    }
    const auto events = [](const Flow& in, const Flow& out) {
      return static_cast<short>(
          (in.pending.empty() && !in.is_ended ? POLLIN : 0) |
          (out.pending.empty() ? 0 : POLLOUT));
    };
    for (const Connection& connection : connections_) {
      files.push_back(
          {connection.asker.get(), events(connection.up, connection.down), 0});
      // While nothing is asked of it: its hang-up would be told for ever.
      const short wanted = events(connection.down, connection.up);
      files.push_back(
          {wanted == 0 ? -1 : connection.upstream.get(), wanted, 0});
    }
    return files;
  }

  // Asks the server, or those behind it; false when there is none left.
  bool ask(Question& question) const {
    for (; question.server < servers_.size(); ++question.server) {
      question.upstream = connect_to(servers_[question.server], SOCK_DGRAM);
      if (question.upstream &&
          ::send(question.upstream.get(), question.bytes.data(),
                 question.bytes.size(), MSG_NOSIGNAL) >= 0) {
        question.deadline = Clock::now() + kPatience;
        return true;
      }
    }
    return false;
  }

  void take_question() {
    std::array<char, 65536> buffer;
    Question question;
    const ssize_t size =
        ::recvfrom(sockets_.udp.get(), buffer.data(), buffer.size(), 0,
                   question.asker.get(), &question.asker.size);
    if (size < 0) return;
    question.bytes.assign(buffer.data(), static_cast<std::size_t>(size));
    if (!ask(question)) return;
    if (questions_.size() >= kMaxQuestions) questions_.pop_front();
    questions_.push_back(std::move(question));
  }

  // Whether the question is done with.
  bool answer(Question& question, short events) const {
    if (events == 0 && Clock::now() < question.deadline) return false;
    std::array<char, 65536> buffer;
    const ssize_t size = events == 0 ? -1
                                     : ::recv(question.upstream.get(),
                                              buffer.data(), buffer.size(), 0);
    if (size < 0) {
      ++question.server;
      return !ask(question);
    }
    ::sendto(sockets_.udp.get(), buffer.data(), static_cast<std::size_t>(size),
             MSG_NOSIGNAL, question.asker.get(), question.asker.size);
    return true;
  }

  void take_connection() {
    Connection connection;
    connection.asker = base::Fd(::accept4(sockets_.tcp.get(), nullptr, nullptr,
                                          SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!connection.asker || connections_.size() >= kMaxConnections) return;
    for (const Address& server : servers_) {
      connection.upstream = connect_to(server, SOCK_STREAM);
      if (connection.upstream) break;
    }
    if (connection.upstream) connections_.push_back(std::move(connection));
  }

  // False when the connection is over.
  static bool carry(Connection& c, short asker, short upstream) {
    if (asker == 0 && upstream == 0) return Clock::now() < c.deadline;
    // It has not only ended its questions: nobody is there for the answers.
    if ((asker & (POLLHUP | POLLERR)) != 0) return false;
    c.deadline = Clock::now() + kIdleLimit;
    constexpr short kIn = POLLIN | POLLHUP | POLLERR;
    if ((asker & POLLIN) != 0 && c.up.pending.empty() && !c.up.is_ended &&
        !c.up.read(c.asker)) {
      return false;
    }
    if ((upstream & kIn) != 0 && c.down.pending.empty() && !c.down.is_ended &&
        !c.down.read(c.upstream)) {
      return false;
    }
    if (!c.up.write(c.upstream) || !c.down.write(c.asker)) return false;
    return !(c.down.is_ended && c.down.pending.empty());
  }

  DnsRelay::Sockets sockets_;
  std::vector<Address> servers_;
  const base::Fd& end_;
  std::list<Question> questions_;
  std::list<Connection> connections_;
};

}  // namespace

DnsRelay::Sockets::Sockets()
    : udp(listen_at_relay(SOCK_DGRAM)), tcp(listen_at_relay(SOCK_STREAM)) {}

DnsRelay::DnsRelay(Sockets sockets, const std::vector<std::string>& servers)
    : end_(base::open_pipe()) {
  std::vector<Address> addresses;
  for (const std::string& server : servers) {
    const Address address = parse_server(server);
    if (address.bytes.ss_family != AF_UNSPEC) addresses.push_back(address);
  }
  thread_ = std::jthread([this, relay_sockets = std::move(sockets),
                          relay_servers = std::move(addresses)]() mutable {
    Relay(std::move(relay_sockets), std::move(relay_servers), end_.read_end)
        .run();
  });
}

DnsRelay::~DnsRelay() { end_.write_end.reset(); }

}  // namespace runtime
