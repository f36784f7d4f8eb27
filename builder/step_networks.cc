#include "builder/step_networks.h"

#include <fcntl.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/file.h"
#include "builder/resolv_conf.h"

namespace builder {
namespace {

constexpr const char* kLoopback = "127.0.0.1";
constexpr std::uint64_t kMaxResolvConfBytes = 1U << 20U;

std::string read_if_there(const char* path) {
  const auto file = base::find_file(path, O_RDONLY);
  return file ? base::read_all(*file, kMaxResolvConfBytes) : std::string();
}

ResolvConf resolv_conf_for(Network network) {
  return choose_resolv_conf(read_if_there("/etc/resolv.conf"),
                            read_if_there("/run/systemd/resolve/resolv.conf"),
                            network);
}

// As the step will find it, --dns included: a step that cannot reach its name
// server is no use.
std::vector<runtime::Subnet> servers_of(const std::string& resolv_conf) {
  std::vector<runtime::Subnet> servers;
  std::istringstream words(resolv_conf);
  for (std::string word; words >> word;) {
    if (const auto address = runtime::find_address(word)) {
      servers.push_back({*address, 32});
    }
  }
  return servers;
}

}  // namespace

StepNetworks::StepNetworks(std::size_t count,
                           std::function<void(std::string_view)> warn)
    : count_(count), warn_(std::move(warn)) {}

StepNetworks::~StepNetworks() = default;

runtime::NetworkPool& StepNetworks::pool(const DnsSettings& dns) {
  std::call_once(is_made_, [&] {
    resolv_conf_ = resolv_conf_for(Network::own);
    pool_.emplace(
        runtime::NetworkOptions{servers_of(apply_dns(dns, resolv_conf_.text)),
                                resolv_conf_.relayed, count_, warn_});
  });
  return *pool_;
}

StepNetworks::Opened StepNetworks::open(NetworkMode mode,
                                        const DnsSettings& dns,
                                        runtime::Spec& spec,
                                        const std::stop_token& stop) {
  Opened opened;
  opened.files.host_address = kLoopback;
  switch (mode) {
    case NetworkMode::host:
      opened.files.resolv_conf = resolv_conf_for(Network::of_host).text;
      break;
    case NetworkMode::none:
      spec.linux.namespaces.push_back(runtime::Namespace::network);
      opened.files.resolv_conf = resolv_conf_for(Network::own).text;
      break;
    case NetworkMode::standard:
      opened.network = pool(dns).take(stop);
      spec.linux.network_path = opened.network->path();
      opened.files.resolv_conf = resolv_conf_.text;
      opened.files.host_address = opened.network->host_address();
      break;
  }
  opened.files.resolv_conf = apply_dns(dns, opened.files.resolv_conf);
  return opened;
}

}  // namespace builder
