// Open files sent over a socket: unix(7), SCM_RIGHTS. Nothing here allocates or
// throws, so that the child may use it too.
#pragma once

#include <sys/types.h>

namespace runtime {

// 0, or -1 and errno.
int send_file(int channel, int file) noexcept;

// What recvmsg(2) gives; `file` is the file that came, close-on-exec, or -1.
ssize_t receive_file(int channel, int& file) noexcept;

}  // namespace runtime
