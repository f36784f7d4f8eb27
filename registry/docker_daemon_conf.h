// What Docker's daemon has been told about registries (daemon.json,
// docs.docker.com "dockerd"): "registry-mirrors", which are docker.io's, and
// "insecure-registries", which are hosts or blocks of addresses.
//
// The file is another program's. So it counts where registries.conf says
// nothing, what is not for us to read says nothing, and a mirror that is no
// plain http://host[:port] or https://host[:port] is left out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "registry/config_places.h"
#include "registry/ip_range.h"
#include "registry/registries_conf.h"

namespace registry {

struct DockerDaemonConf {
  std::optional<RegistryRule> hub;               // docker.io with its mirrors
  std::vector<std::string> insecure_registries;  // "host[:port]"
  std::vector<IpRange> insecure_ranges;

  // May ask the resolver: see is_in_any().
  bool is_insecure(const std::string& authority) const;
};

// Of ~/.config/docker/daemon.json (rootless Docker), else
// /etc/docker/daemon.json. Throws: invalid_input for what is no JSON or of
// other types, naming the file; system.
DockerDaemonConf read_docker_daemon_conf(const ConfigPlaces& places);

}  // namespace registry
