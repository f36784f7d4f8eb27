#include "builder/ssh_forward.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <optional>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "builder/key_agent.h"
#include "builder/unix_socket.h"

namespace builder {
namespace {

// OpenSSH's limit for one message.
constexpr std::uint32_t kMaxMessageBytes = 256U << 10U;
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kMaxConnections = 64;

// Message types that a step may send.
constexpr char kRequestIdentities = 11;
constexpr char kSignRequest = 13;
// What it gets for others: SSH_AGENT_FAILURE, as a whole message.
constexpr std::string_view kFailure{"\0\0\0\1\5", 5};

// False when the other side is gone.
bool receive(const base::Fd& socket, char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::recv(socket.get(), to, size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    to += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool send_all(const base::Fd& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// One message with its length; nullopt when there is none, or none we take.
std::optional<std::string> receive_message(const base::Fd& socket) {
  std::array<char, kLengthBytes> head;
  if (!receive(socket, head.data(), head.size())) return std::nullopt;
  std::uint32_t size = 0;
  for (const char byte : head) {
    size = size << 8U | static_cast<unsigned char>(byte);
  }
  if (size == 0 || size > kMaxMessageBytes) return std::nullopt;
  std::string message(kLengthBytes + size, '\0');
  std::copy(head.begin(), head.end(), message.begin());
  if (!receive(socket, message.data() + kLengthBytes, size)) {
    return std::nullopt;
  }
  return message;
}

bool is_allowed(std::string_view message) {
  const char type = message[kLengthBytes];
  return type == kRequestIdentities || type == kSignRequest;
}

}  // namespace

// A thread that accepts, and one for each connection, since an agent may ask
// its user about a signature for as long as it likes.
class SshForward::Listener {
 public:
  Listener(const AgentSocket& socket, std::filesystem::path agent)
      : agent_(std::move(agent)),
        directory_(
            base::open_file(socket.path.parent_path(), O_RDONLY | O_DIRECTORY)),
        name_(socket.path.filename().native()),
        listening_(listen_on(path_in(directory_, name_))),
        stop_(base::open_pipe()) {
    if (::fchownat(directory_.get(), name_.c_str(), socket.uid, socket.gid,
                   0) != 0 ||
        ::fchmodat(directory_.get(), name_.c_str(), socket.mode, 0) != 0) {
      throw base::system_error(errno, "preparing an ssh agent's socket");
    }
    thread_ = std::thread([this] { accept_all(); });
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  ~Listener() {
    stop_.write_end.reset();
    thread_.join();
    for (Connection& connection : connections_) connection.cut();
    connections_.clear();
    ::unlinkat(directory_.get(), name_.c_str(), 0);
  }

 private:
  struct Connection {
    Connection(base::Fd step_end, base::Fd agent_end)
        : step(std::move(step_end)), agent(std::move(agent_end)) {
      thread = std::thread([this] {
        relay();
        is_over = true;
      });
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { thread.join(); }

    void cut() const {
      ::shutdown(step.get(), SHUT_RDWR);
      ::shutdown(agent.get(), SHUT_RDWR);
    }

    void relay() const {
      while (const auto request = receive_message(step)) {
        if (!is_allowed(*request)) {
          if (!send_all(step, kFailure)) break;
          continue;
        }
        if (!send_all(agent, *request)) break;
        const auto answer = receive_message(agent);
        if (!answer || !send_all(step, *answer)) break;
      }
      cut();
    }

    base::Fd step;
    base::Fd agent;
    std::atomic<bool> is_over = false;
    std::thread thread;
  };

  void accept_all() {
    for (;;) {
      std::array<pollfd, 2> files{
          {{listening_.get(), POLLIN, 0}, {stop_.read_end.get(), POLLIN, 0}}};
      if (::poll(files.data(), files.size(), -1) < 0) {
        if (errno == EINTR) continue;
        return;
      }
      if (files[1].revents != 0) return;
      base::Fd step(
          ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      connections_.remove_if([](const Connection& connection) {
        return connection.is_over.load();
      });
      if (!step || connections_.size() >= kMaxConnections) continue;
      try {
        connections_.emplace_back(std::move(step), connect_to(agent_));
      } catch (const std::exception&) {
        // The step sees its connection end, as if the agent had.
      }
    }
  }

  const std::filesystem::path agent_;
  base::Fd directory_;
  const std::string name_;
  base::Fd listening_;
  base::Pipe stop_;
  std::list<Connection> connections_;  // of the thread, until it has ended
  std::thread thread_;
};

SshForward::SshForward(const AgentSource& source, const AgentSocket& socket) {
  std::filesystem::path agent = source.socket;
  if (!source.keys.empty()) {
    const std::filesystem::path directory = socket.path.parent_path() / "keys";
    std::filesystem::create_directory(directory);
    keys_ = std::make_unique<KeyAgent>(source.keys, directory);
    agent = keys_->socket();
  }
  listener_ = std::make_unique<Listener>(socket, std::move(agent));
}

SshForward::~SshForward() = default;

}  // namespace builder
