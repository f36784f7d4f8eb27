// The command's terminal: a pseudo-terminal of the sandbox's own devpts, so
// that its name (/dev/pts/0) leads to it there; the master side goes to the
// parent.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/child.h"
#include "runtime/file_passing.h"
#include "runtime/syscalls.h"

namespace runtime {
namespace {

// As pseudo-terminals go /dev/console is this one under another name, which is
// where programs without a terminal of their own write.
void bind_console(int root, int slave, const Reporter& report) noexcept {
  const int dev = report.check(open_inside(root, "/dev", O_PATH | O_DIRECTORY),
                               SetupStep::make_console);
  report.check(::mknodat(dev, "console", S_IFREG | 0600, 0),
               SetupStep::make_console);
  const int tree = report.check(
      ::open_tree(slave, "",
                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH),
      SetupStep::make_console);
  report.check(::move_mount(tree, "", dev, "console", MOVE_MOUNT_F_EMPTY_PATH),
               SetupStep::make_console);
  ::close(tree);
  ::close(dev);
}

}  // namespace

int make_terminal(const TerminalPlan& plan, int root, int channel,
                  const Reporter& report) noexcept {
  const int master =
      report.check(open_inside(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY),
                   SetupStep::make_terminal);
  const int unlocked = 0;
  report.check(::ioctl(master, TIOCSPTLCK, &unlocked),
               SetupStep::make_terminal);
  const int peer =
      report.check(::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC),
                   SetupStep::make_terminal);
  // Above the numbers that it is to be connected to.
  const int slave =
      report.check(::fcntl(peer, F_DUPFD_CLOEXEC, STDERR_FILENO + 1),
                   SetupStep::make_terminal);
  ::close(peer);
  // Group and mode are the devpts mount's: "gid=5,mode=0620".
  report.check(::fchown(slave, plan.owner, static_cast<gid_t>(-1)),
               SetupStep::make_terminal);
  report.check(::ioctl(slave, TIOCSWINSZ, &plan.size),
               SetupStep::make_terminal);
  report.check(::ioctl(slave, TIOCSCTTY, 0), SetupStep::make_terminal);
  if (plan.is_console) bind_console(root, slave, report);
  report.check(send_file(channel, master), SetupStep::hand_over_terminal);
  ::close(master);
  return slave;
}

int listen_for_terminal(const Reporter& report) noexcept {
  const int listener =
      report.check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
                   SetupStep::receive_terminal);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "console");
  report.check(::bind(listener, reinterpret_cast<const sockaddr*>(&address),
                      sizeof address),
               SetupStep::receive_terminal);
  report.check(::listen(listener, 1), SetupStep::receive_terminal);
  return listener;
}

// The runtime has sent it by the time it ends, so this waits for nothing.
void pass_on_terminal(int listener, int channel,
                      const Reporter& report) noexcept {
  const int connection = report.check(
      ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK),
      SetupStep::receive_terminal);
  int master = -1;
  report.check(receive_file(connection, master), SetupStep::receive_terminal);
  if (master < 0) report.fail(SetupStep::receive_terminal, EPROTO);
  report.check(send_file(channel, master), SetupStep::hand_over_terminal);
  ::close(master);
  ::close(connection);
  ::close(listener);
}

}  // namespace runtime
