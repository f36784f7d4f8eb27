// The registries of one run of the program: where an image is pulled from and
// pushed to, and on which terms each host is talked to.
//
// The files that say so (registries_conf.h, docker_daemon_conf.h, certs_d.h)
// are read when the first image needs them, once: a build that needs no
// registry opens none.
//
// docker.io is at registry-1.docker.io. This machine (localhost, 127.0.0.0/8,
// ::1) may be without TLS unasked, as Docker has it.
//
// Threads: all members may be called at once.
// Throws, all: invalid_input, denied and system of those files.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/guarded.h"
#include "registry/config_places.h"
#include "registry/docker_daemon_conf.h"
#include "registry/pull_sources.h"
#include "registry/reference.h"
#include "registry/registries_conf.h"
#include "registry/registry_host.h"
#include "registry/repository.h"

namespace registry {

struct RegistriesOptions {
  ConfigPlaces places = ConfigPlaces::of_process();
  // --tls-verify: where given it overrides what files say of being insecure.
  std::optional<bool> verifies_tls;
  Proxies proxies = Proxies::of_process();
  HttpLimits limits;
  // Whom `registry` ("docker.io", "host:5000") knows the user as who asks for
  // the repository `path` ("library/debian"), as files say. Called when a
  // registry asks, among the helpers that registries.conf names.
  std::function<std::optional<Credential>(const std::string& registry,
                                          const std::string& path)>
      find_credential;
};

class Registries {
 public:
  explicit Registries(RegistriesOptions options);
  ~Registries();
  Registries(const Registries&) = delete;
  Registries& operator=(const Registries&) = delete;

  // The images that a name may mean, in the order to try them. One, if it says
  // its registry; else the one that an alias says, or one for each of
  // "unqualified-search-registries", or docker.io's.
  // Throws: invalid_input also where that is open and must not be
  // ("short-name-mode").
  std::vector<Reference> find_candidates(std::string_view written);

  // Throws: denied when all of it is blocked, naming file and line.
  PullSources pull_sources(const Reference& reference);

  // The image's own registry, whatever mirrors and other locations there are.
  // Throws: denied when it is blocked.
  Repository push_target(const Reference& reference);

  // Whom registry::search() asks: the registry, or docker.io's index.
  // Throws: denied when it is blocked.
  RegistryHost& search_host(const std::string& registry);
  // Those that a name without one may be of: "unqualified-search-registries",
  // or docker.io.
  std::vector<std::string> unqualified_registries();

  // How a registry is talked to, for who brings credentials of its own.
  HostSettings settings_of(const std::string& registry);

 private:
  struct Conf {
    RegistriesConf registries;
    DockerDaemonConf docker;
  };
  // Registry, repository, whether it is insecure: what is kept for a host are
  // connections and tokens, and a repository may have credentials of its own
  // (containers-auth.json(5)).
  using HostKey = std::tuple<std::string, std::string, bool>;

  const Conf& conf();
  const RegistryRule* find_rule(const Reference& reference);
  bool is_insecure(const std::string& registry, const RegistryRule* rule,
                   const RegistryEndpoint* endpoint);
  HostSettings make_settings(const std::string& registry, bool is_insecure);
  Authenticator::Find find_of(const std::string& registry,
                              const std::string& path);
  std::optional<Credential> find_credential(const std::string& registry,
                                            const std::string& path);
  RegistryHost& host_of(const Reference& place, bool is_insecure);

  RegistriesOptions options_;
  base::Guarded<std::unique_ptr<const Conf>> conf_;
  base::Guarded<std::map<HostKey, std::unique_ptr<RegistryHost>>> hosts_;
};

}  // namespace registry
