#include "cli/registries.h"

#include <string>
#include <utility>

#include "registry/credential_store.h"

namespace cli {

registry::RegistriesOptions make_registries_options(
    const Globals& globals, std::optional<bool> verifies_tls) {
  registry::RegistriesOptions options;
  options.verifies_tls = verifies_tls;
  options.find_credential = [directory = globals.config_directory](
                                const std::string& registry,
                                const std::string& path) {
    return registry::CredentialStore(
               registry::CredentialPlaces::of_process(directory))
        .find(registry, path, {});
  };
  return options;
}

std::unique_ptr<registry::Registries> make_registries(
    const Globals& globals, std::optional<bool> verifies_tls) {
  return std::make_unique<registry::Registries>(
      make_registries_options(globals, verifies_tls));
}

}  // namespace cli
