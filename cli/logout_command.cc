// strake logout: forgets who we are to a registry.
#include <fmt/format.h>

#include <iostream>

#include "cli/clean_text.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/registry_name.h"
#include "registry/credential_store.h"

namespace cli {

int run_logout_command(Globals& globals, const Arguments& arguments) {
  std::optional<std::string> registry;
  Options options("logout [REGISTRY]", "Forgets the credentials of a registry.",
                  "strake logout registry.example.com");
  options.optional_operand("REGISTRY", registry,
                           "Host and port; else docker.io");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  const std::string name = read_registry_name(registry);

  InterruptWatcher interrupt;
  interrupt.start();
  registry::CredentialStore store(
      registry::CredentialPlaces::of_process(globals.config_directory));
  const auto forgotten = store.erase(name, interrupt.token());
  std::cout << (forgotten.was_there
                    ? fmt::format("Removing login credentials for {}\n", name)
                    : fmt::format("Not logged in to {}\n", name));
  for (const std::string& place : forgotten.left_in) {
    std::cerr << fmt::format(
        "strake: warning: {} still has credentials for {}\n", clean_text(place),
        name);
  }
  return 0;
}

}  // namespace cli
