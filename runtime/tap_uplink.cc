#include "runtime/tap_uplink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "runtime/tied_process.h"

namespace runtime {
namespace {

constexpr std::uint32_t kGateway = 1;
constexpr std::uint32_t kStep = 2;
// Packets end in the program, which sends streams on: the larger the better.
constexpr const char* kMtu = "65520";

class TapConnection : public Uplink::Connection {
 public:
  explicit TapConnection(const TiedCommand& command) : process_(command) {}

 private:
  TiedProcess process_;
};

void check_tun() {
  const base::Fd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (tun) return;
  throw base::Error(
      base::ErrorKind::unsupported,
      fmt::format("/dev/net/tun cannot be opened: {}", std::strerror(errno)))
      .hint("make it readable and writable for you, or use --network host");
}

Subnet choose(const std::vector<Subnet>& avoided) {
  std::vector<Subnet> taken = avoided;
  for (const Route& route : Netlink().routes()) {
    if (route.destination.prefix > 0) taken.push_back(route.destination);
  }
  return choose_subnet(taken).value_or(Subnet{0x0a000200, 24});
}

std::vector<std::string> pasta_args(const Subnet& subnet,
                                    const std::string& path) {
  return {"--quiet", "--config-net", "--netns-only", "--no-netns-quit",
          "--netns", path, "--ipv4-only", "--ns-ifname", kStepInterface,
          "--address", render_address(subnet.host(kStep)), "--netmask",
          std::to_string(subnet.prefix), "--gateway",
          render_address(subnet.host(kGateway)), "--mtu", kMtu, "--no-map-gw",
          "--no-dhcp", "--no-ndp", "--no-ra", "--no-dhcpv6",
          // No port of either side shows on the other.
          "--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none",
          "--udp-ns", "none"};
}

// slirp4netns configures other numbers than ours: 2 is the gateway and 100 the
// step. Who looks finds a network all the same.
std::vector<std::string> slirp_args(const Subnet& subnet,
                                    const std::string& path) {
  return {"--configure",
          "--mtu",
          kMtu,
          "--disable-host-loopback",
          "--disable-dns",
          "--enable-sandbox",
          "--enable-seccomp",
          "--cidr",
          render_subnet(subnet),
          "--netns-type",
          "path",
          path,
          kStepInterface};
}

}  // namespace

TapUplink::TapUplink(const std::vector<Subnet>& avoided) {
  if (auto path = find_program("pasta"); !path.empty()) {
    programs_.push_back({Program::Kind::pasta, std::move(path)});
  }
  if (auto path = find_program("slirp4netns"); !path.empty()) {
    programs_.push_back({Program::Kind::slirp, std::move(path)});
  }
  if (programs_.empty()) {
    throw base::Error(base::ErrorKind::unsupported,
                      "without root it takes pasta or slirp4netns, and neither "
                      "is installed")
        .hint("install one (apt install passt), or use --network host");
  }
  check_tun();
  subnet_ = choose(avoided);
}

std::unique_ptr<Uplink::Connection> TapUplink::start(
    const Program& program, const base::Fd& network) const {
  // Strake may have been started without streams: the program has its own.
  const base::Fd file(
      ::fcntl(network.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!file) throw base::system_error(errno, "network: handing it on");
  const std::string path = fmt::format("/proc/self/fd/{}", file.get());
  if (program.kind == Program::Kind::pasta) {
    return std::make_unique<TapConnection>(
        TiedCommand{program.path, pasta_args(subnet_, path), file, {}});
  }
  return std::make_unique<TapConnection>(
      TiedCommand{program.path, slirp_args(subnet_, path), file, "--ready-fd"});
}

// What fails once, as pasta does on a host without a default route, will fail
// again.
std::unique_ptr<Uplink::Connection> TapUplink::connect(
    NetworkNamespace& network) {
  for (;;) {
    try {
      return start(programs_.front(), network.file);
    } catch (base::Error& error) {
      if (programs_.size() == 1) {
        error.hint(
            "--network none asks for no network, --network host for "
            "the host's");
        throw;
      }
      programs_.erase(programs_.begin());
    }
  }
}

// Asks the kernel which address it would send from; nothing is sent.
std::optional<std::string> TapUplink::host_address() const {
  const base::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in world{};
  world.sin_family = AF_INET;
  world.sin_port = htons(53);
  world.sin_addr.s_addr = htonl(0xc6336401);  // 198.51.100.1, of nobody
  sockaddr_in own{};
  socklen_t size = sizeof own;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&world),
                sizeof world) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size) !=
          0) {
    return std::nullopt;
  }
  return render_address(ntohl(own.sin_addr.s_addr));
}

}  // namespace runtime
