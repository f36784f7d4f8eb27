// The rights that a build needs: to mount, and to own files as several users.
//
// The machine's root has them. Anybody else gets them as root of a user
// namespace (user_namespaces(7)), which this very process enters: afterwards
// all that strake does (unpack layers, mount, run steps) is the same code as
// with root. Refused: a helper process in the namespace, which would have to be
// sent every file's bytes, where here a file is simply opened.
//
// The ids of the namespace are the user's own, which becomes 0, and the ranges
// that /etc/subuid and /etc/subgid grant (subuid(5)), by newuidmap(1) and
// newgidmap(1), setuid programs of the distribution. Where there are none, the
// user's own id is the only one: a package manager that wants to give a file to
// somebody else then fails, but most steps work. Root without its capabilities,
// as in an ordinary container, maps what that container has.
//
// The process gets a mount namespace of its own as well, in which all mounts
// are private: what is mounted in it ends with it.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/id_map.h"

namespace runtime {

struct Privileges {
  enum class Kind {
    host,       // the machine's root
    inherited,  // root of a user namespace that somebody else has made
    ranges,     // root of our own, with the ids we were granted
    one_id,     // root of our own, with no other id than root
  };
  Kind kind = Kind::host;
  IdMap ids;
  // Why there is only one id, and what to do about it; empty otherwise.
  std::string warning;
};

// Makes sure that this process may build. Called once, before any other thread
// is started: the kernel lets no process with threads change its user
// namespace. Afterwards getuid() is 0, and what was asked about owners before
// has another answer.
// Throws: denied when the machine forbids it, with the setting that does.
Privileges acquire_privileges();

// "user namespace with 65537 ids"
std::string describe(const Privileges& privileges);

}  // namespace runtime
