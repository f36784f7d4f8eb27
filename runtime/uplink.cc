#include "runtime/uplink.h"

#include "runtime/nat_uplink.h"
#include "runtime/tap_uplink.h"

namespace runtime {

std::unique_ptr<Uplink> open_uplink(const std::vector<Subnet>& avoided) {
  if (may_change_network()) return std::make_unique<NatUplink>(avoided);
  return std::make_unique<TapUplink>(avoided);
}

}  // namespace runtime
