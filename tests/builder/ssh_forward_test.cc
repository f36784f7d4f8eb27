// What a step can do with an agent that is forwarded to it.
#include "builder/ssh_forward.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/temp_dir.h"
#include "builder/unix_socket.h"

using builder::AgentSocket;
using builder::AgentSource;
using builder::SshForward;

namespace {

// A message with its length in front.
std::string message(std::string_view content) {
  const auto size = static_cast<std::uint32_t>(content.size());
  std::string text;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    text += static_cast<char>(size >> shift & 0xffU);
  }
  return text.append(content);
}

void say(const base::Fd& socket, std::string_view bytes) {
  REQUIRE(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

// The next message without its length; empty when the other side is gone.
std::string hear(const base::Fd& socket) {
  unsigned char head[4];
  if (::recv(socket.get(), head, sizeof head, MSG_WAITALL) != sizeof head) {
    return {};
  }
  std::string text(static_cast<std::size_t>(head[2]) << 8U | head[3], '\0');
  ::recv(socket.get(), text.data(), text.size(), MSG_WAITALL);
  return text;
}

// Answers every message with "re:" and the message, on one connection.
class EchoAgent {
 public:
  explicit EchoAgent(const std::filesystem::path& path)
      : listening_(builder::listen_on(path)), thread_([this] { serve(); }) {}
  ~EchoAgent() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }

 private:
  void serve() const {
    const base::Fd socket(::accept(listening_.get(), nullptr, nullptr));
    if (!socket) return;
    for (;;) {
      const std::string heard = hear(socket);
      if (heard.empty()) return;
      const std::string answer = message("re:" + heard);
      ::send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  base::Fd listening_;
  std::thread thread_;
};

struct Fixture {
  base::TempDir directory;
  std::filesystem::path agent = directory.path() / "agent";
  AgentSocket socket{directory.path() / "step" / "agent"};
  Fixture() {
    std::filesystem::create_directory(directory.path() / "step");
    socket.uid = ::geteuid();
    socket.gid = ::getegid();
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a step lists keys and has things signed, no more",
                 "[ssh][D297]") {
  const EchoAgent running(agent);
  const SshForward forward({agent, {}}, socket);
  const base::Fd step = builder::connect_to(socket.path);
  say(step, message("\x0b"));
  CHECK(hear(step) == "re:\x0b");
  say(step, message("\x0d to sign"));
  CHECK(hear(step) == "re:\x0d to sign");
  // Add, remove, remove all, lock, extension.
  for (const char* type : {"\x11", "\x12", "\x13", "\x16", "\x1b"}) {
    INFO(static_cast<int>(*type));
    say(step, message(std::string(type) + "key"));
    CHECK(hear(step) == "\x05");
  }
  say(step, message("\x0b"));
  CHECK(hear(step) == "re:\x0b");
}

TEST_CASE_METHOD(Fixture, "a message that comes in parts is one message",
                 "[ssh][D297]") {
  const EchoAgent running(agent);
  const SshForward forward({agent, {}}, socket);
  const base::Fd step = builder::connect_to(socket.path);
  for (const char byte : message("\x0dslow")) say(step, {&byte, 1});
  CHECK(hear(step) == "re:\x0dslow");
}

TEST_CASE_METHOD(Fixture, "a message of absurd size ends the connection",
                 "[ssh][D297]") {
  const EchoAgent running(agent);
  const SshForward forward({agent, {}}, socket);
  const base::Fd step = builder::connect_to(socket.path);
  say(step, "\x7f\xff\xff\xff\x0b");
  CHECK(hear(step).empty());
}

TEST_CASE_METHOD(Fixture, "an agent's socket has the mode and owner asked for",
                 "[ssh][root][D298]") {
  socket.mode = 0640;
  socket.uid = 1000;
  socket.gid = 1001;
  const SshForward forward({agent, {}}, socket);
  struct stat status {};
  REQUIRE(::stat(socket.path.c_str(), &status) == 0);
  CHECK(S_ISSOCK(status.st_mode));
  CHECK((status.st_mode & 07777U) == 0640U);
  CHECK(status.st_uid == 1000U);
  CHECK(status.st_gid == 1001U);
}

TEST_CASE_METHOD(Fixture, "a forwarded agent ends with its step",
                 "[ssh][D297]") {
  const EchoAgent running(agent);
  base::Fd step;
  {
    const SshForward forward({agent, {}}, socket);
    step = builder::connect_to(socket.path);
    say(step, message("\x0b"));
    CHECK(hear(step) == "re:\x0b");
  }
  CHECK(hear(step).empty());
  CHECK_FALSE(std::filesystem::exists(socket.path));
}

TEST_CASE_METHOD(Fixture, "an agent that is gone is a connection that ends",
                 "[ssh][D297]") {
  const SshForward forward({agent, {}}, socket);
  const base::Fd step = builder::connect_to(socket.path);
  CHECK(hear(step).empty());
}

TEST_CASE_METHOD(Fixture, "keys in files are held by an agent of their own",
                 "[ssh][D297]") {
  const std::string key = directory.path() / "key";
  REQUIRE(std::system(("ssh-keygen -q -t ed25519 -N '' -C of-a-file -f " + key)
                          .c_str()) == 0);
  std::filesystem::permissions(key, std::filesystem::perms(0644));
  const SshForward forward({{}, {key}}, socket);
  const base::Fd step = builder::connect_to(socket.path);
  say(step, message("\x0b"));
  CHECK_THAT(hear(step), Catch::Contains("of-a-file"));
}

TEST_CASE_METHOD(Fixture, "a key that wants a passphrase is refused",
                 "[ssh][D297]") {
  const std::string key = directory.path() / "key";
  REQUIRE(std::system(
              ("ssh-keygen -q -t ed25519 -N secret -f " + key).c_str()) == 0);
  try {
    const SshForward forward({{}, {key}}, socket);
    FAIL("taken");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::ErrorKind::denied);
    CHECK_THAT(error.message(), Catch::Contains(key));
    CHECK_THAT(error.hint(), Catch::Contains("--ssh default"));
  }
}
