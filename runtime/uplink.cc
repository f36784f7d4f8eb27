#include "runtime/uplink.h"

#include "base/error.h"
#include "runtime/nat_uplink.h"

namespace runtime {

std::unique_ptr<Uplink> open_uplink(const std::vector<Subnet>& avoided) {
  if (may_change_network()) return std::make_unique<NatUplink>(avoided);
  throw base::Error(base::ErrorKind::unsupported,
                    "only root can give them one in this version")
      .hint("use --network host");
}

}  // namespace runtime
