// The command's terminal: a pseudo-terminal of the sandbox's own devpts, so
// that its name (/dev/pts/0) leads to it there; the master side goes to the
// parent.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "runtime/child.h"
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

// unix(7), SCM_RIGHTS: a file travels beside at least one byte.
void hand_over(int master, int channel, const Reporter& report) noexcept {
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof master)] = {};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof master);
  std::memcpy(CMSG_DATA(header), &master, sizeof master);
  report.check(::sendmsg(channel, &message, MSG_NOSIGNAL),
               SetupStep::hand_over_terminal);
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
  hand_over(master, channel, report);
  ::close(master);
  return slave;
}

}  // namespace runtime
