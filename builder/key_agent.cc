#include "builder/key_agent.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "builder/unix_socket.h"

namespace builder {
namespace {

constexpr const char* kSocketName = "agent";
constexpr std::uint64_t kMaxKeyBytes = 100U << 10U;  // as BuildKit has it

// Found before the fork, after which nothing may allocate.
std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream list(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string directory; std::getline(list, directory, ':');) {
    std::string file = directory + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  throw base::Error(base::ErrorKind::not_found,
                    fmt::format("--ssh with key files needs {}, which is not "
                                "installed",
                                name))
      .hint("install openssh-client, or give the socket of a running agent");
}

// What a child's 0, 1 and 2 become.
struct ChildStreams {
  int input;
  int output;
  int error;
};

// Neither asks anybody for a passphrase: there is no terminal, and no program
// to ask with. The child dies with the thread that made it; a setgid program,
// as ssh-agent is on Debian, would forget that, so it gets no new privileges.
pid_t start(const std::string& program, std::vector<std::string> words,
            std::vector<std::string> env, const ChildStreams& streams) {
  std::vector<char*> argv;
  std::vector<char*> envp;
  for (std::string& word : words) argv.push_back(word.data());
  for (std::string& pair : env) envp.push_back(pair.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw base::system_error(errno, "starting " + program);
  if (child > 0) return child;
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(streams.input, STDIN_FILENO);
  ::dup2(streams.output, STDOUT_FILENO);
  ::dup2(streams.error, STDERR_FILENO);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(program.c_str(), argv.data(), envp.data());
  ::_exit(127);
}

}  // namespace

KeyAgent::Child::~Child() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

int KeyAgent::Child::wait() {
  while (pid_ >= 0) reap(0);
  return status_;
}

bool KeyAgent::Child::has_ended() {
  if (pid_ >= 0) reap(WNOHANG);
  return pid_ < 0;
}

// Once it is reaped, its number may be another process's.
void KeyAgent::Child::reap(int options) {
  const pid_t ended = ::waitpid(pid_, &status_, options);
  if (ended == pid_ || (ended < 0 && errno != EINTR)) pid_ = -1;
}

KeyAgent::KeyAgent(const std::vector<std::filesystem::path>& keys,
                   const std::filesystem::path& directory)
    : directory_(base::open_file(directory, O_RDONLY | O_DIRECTORY)) {
  const std::string program = find_program("ssh-agent");
  find_program("ssh-add");
  const base::Fd null = base::open_file("/dev/null", O_RDWR);
  // It runs in the directory: that path is short enough for an address.
  const std::string here = fmt::format("/proc/{}/fd/{}/{}", ::getpid(),
                                       directory_.get(), kSocketName);
  agent_ = Child(start(program, {"ssh-agent", "-D", "-a", here}, {},
                       {null.get(), null.get(), null.get()}));
  wait_until_listening();
  for (const std::filesystem::path& key : keys) add(key);
}

std::filesystem::path KeyAgent::socket() const {
  return path_in(directory_, kSocketName);
}

void KeyAgent::wait_until_listening() {
  constexpr std::chrono::milliseconds kPause{2};
  constexpr int kTries = 2500;
  for (int i = 0;; ++i) {
    try {
      connect_to(socket());
      return;
    } catch (const base::Error&) {
      if (agent_.has_ended() || i == kTries) {
        throw base::Error(base::ErrorKind::unavailable,
                          "ssh-agent did not start");
      }
    }
    std::this_thread::sleep_for(kPause);
  }
}

// By its standard input: a file that others may read, as one in a checkout is,
// ssh-add would refuse.
void KeyAgent::add(const std::filesystem::path& key) const {
  const std::string text = base::read_file(key.native(), kMaxKeyBytes);
  const base::Fd file(::memfd_create("key", MFD_CLOEXEC));
  if (!file) throw base::system_error(errno, "reading an ssh key");
  base::write_all(file, text);
  ::lseek(file.get(), 0, SEEK_SET);
  const base::Fd null = base::open_file("/dev/null", O_RDWR);
  base::Pipe errors = base::open_pipe();
  const std::string agent =
      fmt::format("SSH_AUTH_SOCK=/proc/{}/fd/{}/{}", ::getpid(),
                  directory_.get(), kSocketName);
  Child child(start(find_program("ssh-add"), {"ssh-add", "-q", "-"},
                    {agent, "SSH_ASKPASS_REQUIRE=never"},
                    {file.get(), null.get(), errors.write_end.get()}));
  errors.write_end.reset();
  std::string said = base::read_all(errors.read_end, kMaxKeyBytes);
  const int status = child.wait();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  while (said.ends_with('\n') || said.ends_with('\r')) said.pop_back();
  throw base::Error(base::ErrorKind::denied,
                    fmt::format("ssh key {} cannot be used: {}", key.native(),
                                said.empty() ? "ssh-add failed" : said))
      .hint("a key with a passphrase has to be in an agent: --ssh default");
}

}  // namespace builder
