#include "runtime/nat_uplink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/file.h"

namespace runtime {
namespace {

constexpr const char* kForwarding = "/proc/sys/net/ipv4/ip_forward";
constexpr unsigned kStandardMtu = 1500;
constexpr std::uint32_t kGateway = 1;
constexpr std::uint32_t kFirstHost = 2;
constexpr std::uint32_t kLastHost = 254;

// A build's number among the groups of interfaces: "st" and its slot.
std::uint32_t group_of(unsigned slot) { return 0x73740000U | slot; }

bool is_forwarding() { return base::read_file(kForwarding).starts_with('1'); }

void switch_forwarding(const char* value) {
  base::write_all(base::open_file(kForwarding, O_WRONLY), value);
}

std::vector<Subnet> taken_subnets(const std::vector<Route>& routes,
                                  const NetworkDirectory& directory,
                                  const std::vector<Subnet>& avoided) {
  std::vector<Subnet> taken = avoided;
  for (const Route& route : routes) {
    if (route.destination.prefix > 0) taken.push_back(route.destination);
  }
  for (const NetworkSlot& other : directory.live()) {
    taken.push_back(other.subnet);
  }
  return taken;
}

// A larger packet than an uplink takes would be lost where nobody tells.
unsigned choose_mtu(Netlink& netlink, const std::vector<Route>& routes) {
  unsigned smallest = kStandardMtu;
  for (const Route& route : routes) {
    if (route.destination.prefix > 0) continue;
    for (const int link : route.links) {
      const unsigned mtu = netlink.mtu_of(link);
      if (mtu > 0) smallest = std::min(smallest, mtu);
    }
  }
  return smallest;
}

// What the mark says: one chain a line.
std::string render_chains(Firewall& firewall) {
  std::string lines;
  for (const std::string& chain : firewall.find_forwarding_chains()) {
    lines += chain + "\n";
  }
  return lines;
}

bool have_others_come(Firewall& firewall, const std::string& before) {
  const std::string known = "\n" + before;
  const std::vector<std::string> now = firewall.find_forwarding_chains();
  return std::any_of(now.begin(), now.end(), [&](const std::string& chain) {
    return known.find("\n" + chain + "\n") == known.npos;
  });
}

// Before the other end is up: a step could tell the host that it is its router
// (CVE-2020-13401).
void switch_ipv6_off(const std::string& link) {
  const auto file = base::find_file(
      fmt::format("/proc/sys/net/ipv6/conf/{}/disable_ipv6", link), O_WRONLY);
  if (file) base::write_all(*file, "1");  // else the kernel has no IPv6
}

}  // namespace

class NatUplink::Link : public Uplink::Connection {
 public:
  Link(NatUplink& uplink, std::uint32_t host) : uplink_(uplink), host_(host) {}
  // The interface goes with its namespace, or in the end with the others.
  ~Link() override { uplink_.used_.lock()->reset(host_); }

  std::uint32_t host() const noexcept { return host_; }

 private:
  NatUplink& uplink_;
  std::uint32_t host_;
};

NatUplink::NatUplink(const std::vector<Subnet>& avoided) {
  NetworkDirectory directory;
  for (const NetworkSlot& slot : directory.take_dead()) {
    clean_up_after(directory, slot);
  }
  if (directory.is_empty()) put_forwarding_back(directory);
  const std::vector<Route> routes = netlink_.routes();
  const auto subnet = choose_subnet(taken_subnets(routes, directory, avoided));
  if (!subnet) {
    throw base::Error(base::ErrorKind::unsupported,
                      "network: the host has routes to all private addresses");
  }
  mtu_ = choose_mtu(netlink_, routes);
  slot_ = directory.take_slot(*subnet);
  try {
    let_through(directory);
  } catch (...) {
    firewall_.withdraw();
    clean_up_after(directory, slot_);
    if (directory.is_empty()) put_forwarding_back(directory);
    throw;
  }
}

void NatUplink::let_through(NetworkDirectory& directory) {
  std::error_code error;
  if (!is_forwarding()) {
    base::replace_file(directory.forwarding_mark(), render_chains(firewall_));
    switch_forwarding("1");
  }
  if (std::filesystem::exists(directory.forwarding_mark(), error)) {
    const std::string before = base::read_file(directory.forwarding_mark());
    if (!have_others_come(firewall_, before)) forwarded_before_ = before;
  }
  firewall_.apply({slot_.number, slot_.subnet, forwarded_before_.has_value()});
  slot_.chains = firewall_.find_refusing_chains();
  if (slot_.chains.empty()) return;
  directory.write(slot_);
  for (const std::string& chain : slot_.chains) {
    firewall_.accept_in(chain, slot_.number);
  }
}

void NatUplink::make_way_for_others() {
  if (!forwarded_before_ || !have_others_come(firewall_, *forwarded_before_)) {
    return;
  }
  firewall_.let_others_through({slot_.number, slot_.subnet, false});
  forwarded_before_.reset();
}

void NatUplink::put_forwarding_back(const NetworkDirectory& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory.forwarding_mark(), error)) return;
  const std::string before = base::read_file(directory.forwarding_mark());
  if (!have_others_come(firewall_, before)) switch_forwarding("0");
  std::filesystem::remove(directory.forwarding_mark(), error);
}

// Ours, or what a killed build has left in a slot.
void NatUplink::clean_up_after(const NetworkDirectory& directory,
                               const NetworkSlot& slot) {
  netlink_.delete_group(group_of(slot.number));
  for (const std::string& chain : slot.chains) {
    firewall_.remove_from(chain, slot.number);
  }
  firewall_.remove_table(slot.number);
  directory.remove(slot);
}

NatUplink::~NatUplink() {
  try {
    // Before the lock is taken, for others need not wait for that.
    netlink_.delete_group(group_of(slot_.number));
    NetworkDirectory directory;
    firewall_.withdraw();  // before somebody else can have the slot
    clean_up_after(directory, slot_);
    if (directory.is_empty()) put_forwarding_back(directory);
  } catch (const std::exception&) {
    // The next build finds the slot without its owner.
  }
}

std::uint32_t NatUplink::take_host_number() {
  const auto used = used_.lock();
  for (std::uint32_t host = kFirstHost; host <= kLastHost; ++host) {
    if (used->test(host)) continue;
    used->set(host);
    return host;
  }
  throw base::Error(base::ErrorKind::unsupported,
                    "network: more than 253 steps run at once");
}

std::unique_ptr<Uplink::Connection> NatUplink::connect(
    NetworkNamespace& network) {
  make_way_for_others();
  auto link = std::make_unique<Link>(*this, take_host_number());
  const std::uint32_t number = link->host();
  const std::string name =
      fmt::format("{}{}", link_prefix_of(slot_.number), number);
  const std::uint32_t gateway = slot_.subnet.host(kGateway);
  const std::uint32_t address = slot_.subnet.host(number);
  netlink_.add_veth(
      {name, kStepInterface, network.file, group_of(slot_.number), mtu_});
  switch_ipv6_off(name);
  netlink_.add_point_to_point(name, gateway, address);
  network.netlink.add_address(kStepInterface, address, slot_.subnet.prefix);
  network.netlink.bring_up(kStepInterface);
  network.netlink.add_default_route(gateway, kStepInterface);
  return link;
}

std::optional<std::string> NatUplink::host_address() const {
  return render_address(slot_.subnet.host(kGateway));
}

// Root of a user namespace has the capability, but not over the host's network.
bool may_change_network() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0 ||
      (data[0].effective & 1U << CAP_NET_ADMIN) == 0) {
    return false;
  }
  const base::Fd network =
      base::open_file("/proc/thread-self/ns/net", O_RDONLY);
  const base::Fd owner(::ioctl(network.get(), NS_GET_USERNS));
  struct stat owns {};
  struct stat own {};
  return owner && ::fstat(owner.get(), &owns) == 0 &&
         ::stat("/proc/thread-self/ns/user", &own) == 0 &&
         owns.st_ino == own.st_ino;
}

}  // namespace runtime
