// What the builds that share one network of the host know of each other.
//
// On disk: /run/strake/network-<n>/, n being the kernel's number of the network
// namespace (SO_NETNS_COOKIE), with
//   lock        flock(2)ed while anything here, or of the host's, is changed
//   <slot>      one for each build, 0 to 255: flock(2)ed while its owner lives.
//               Lines "subnet 10.231.0.0/24" and, for each chain of somebody
//               else's that holds rules of ours, "chain ip filter FORWARD"
//   forwarding  there when the host's forwarding was switched on by us; its
//               lines are the chains of others that forwarded before
// A line is written before what it tells of is done, so a slot whose lock can
// be taken says what its dead owner may have left. The last one out removes
// all.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "runtime/subnet.h"

namespace runtime {

struct NetworkSlot {
  unsigned number = 0;
  Subnet subnet;
  std::vector<std::string> chains;
  base::Fd file;  // locked; none in what live() returns
};

// Holds the directory's lock while it lives: keep that short.
class NetworkDirectory {
 public:
  // Makes it when there is none; waits for who has it locked. The namespace is
  // that of the calling thread. Throws: system, denied.
  NetworkDirectory();
  NetworkDirectory(const NetworkDirectory&) = delete;
  NetworkDirectory& operator=(const NetworkDirectory&) = delete;
  // Removes the directory when no slot is left.
  ~NetworkDirectory();

  // Slots whose owners are dead, taken over: to be cleaned up and removed.
  std::vector<NetworkSlot> take_dead();
  // Those of the others.
  std::vector<NetworkSlot> live() const;
  bool is_empty() const;

  // The first free slot, with `subnet`. Throws: system; unsupported when all
  // are in use.
  NetworkSlot take_slot(const Subnet& subnet);
  void write(const NetworkSlot& slot) const;
  void remove(const NetworkSlot& slot) const noexcept;

  std::filesystem::path forwarding_mark() const { return path_ / "forwarding"; }

 private:
  std::vector<unsigned> numbers() const;

  std::filesystem::path path_;
  base::Fd lock_;
};

}  // namespace runtime
