// A new network namespace, made without leaving our own.
#pragma once

#include <functional>

#include "base/fd.h"
#include "runtime/netlink.h"

namespace runtime {

struct NetworkNamespace {
  base::Fd file;    // keeps it alive, and is what setns(2) takes
  Netlink netlink;  // inside
};

// Makes one with its loopback up, no IPv6 on what is connected to it later,
// and docker's settings: everybody may ping and serve on low ports. A thread
// enters it, calls `inside` and ends, since without root none could come back.
// Throws: system, denied; what `inside` throws.
NetworkNamespace make_network_namespace(
    const std::function<void()>& inside = {});

}  // namespace runtime
