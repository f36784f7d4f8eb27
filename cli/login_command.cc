// strake login: who we are to a registry, tried there before it is kept.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "cli/clean_text.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/prompt.h"
#include "cli/raw_terminal.h"
#include "cli/registry_name.h"
#include "cli/report.h"
#include "cli/tls_flag.h"
#include "registry/credential_store.h"
#include "registry/registries.h"
#include "registry/registry_host.h"

namespace cli {
namespace {

using base::ErrorKind;
using registry::Credential;

constexpr std::size_t kMostPasswordBytes = std::size_t{64} << 10U;
constexpr std::size_t kMostReplyBytes = std::size_t{64} << 10U;

struct Wish {
  std::optional<std::string> user;
  std::optional<std::string> password;
  bool reads_input = false;
  TlsFlag tls;
  std::optional<std::string> registry;
};

void warn(std::string_view text) {
  std::cerr << fmt::format("strake: warning: {}\n", clean_text(text));
}

// All of standard input but one end of line, as "echo" puts there.
std::string read_input() {
  std::string text;
  try {
    text = base::read_all(base::Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)),
                          kMostPasswordBytes);
  } catch (base::Error& error) {
    error.add_context("reading the password");
    throw;
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) {
    throw usage_error("there is no password on standard input", {});
  }
  return text;
}

void check(const Wish& wish) {
  wish.tls.verifies();  // or throws
  if (wish.password && wish.reads_input) {
    throw usage_error("--password and --password-stdin exclude each other", {});
  }
  if (wish.reads_input && wish.user.value_or("").empty()) {
    throw usage_error("--password-stdin wants --username", {});
  }
  // HTTP's Basic ends it there (RFC 7617).
  if (wish.user && wish.user->find(':') != std::string::npos) {
    throw usage_error("a user name has no \":\"", {});
  }
}

// Asks for what the flags do not say.
Credential ask_person(const Wish& wish, const std::string& registry,
                      const std::stop_token& stop) {
  Credential credential;
  credential.user = wish.user.value_or("");
  credential.password = wish.password.value_or("");
  const bool is_whole =
      !credential.user.empty() && !credential.password.empty();
  if (!is_whole && !is_input_terminal()) {
    throw usage_error(
        "there is no terminal to ask for a user name and a password on",
        fmt::format("give the password on standard input: \"strake login -u "
                    "NAME --password-stdin {}\"",
                    registry));
  }
  if (credential.user.empty()) {
    credential.user =
        ask(fmt::format("User name for {}: ", registry), Echo::shown, stop);
  }
  if (credential.user.empty()) throw usage_error("there is no user name", {});
  if (credential.password.empty()) {
    credential.password = ask("Password: ", Echo::hidden, stop);
  }
  if (credential.password.empty()) {
    throw usage_error("there is no password", {});
  }
  return credential;
}

// Throws what the registry has against them.
void try_at_registry(const std::string& name, const Wish& wish,
                     const Credential& credential,
                     const std::stop_token& stop) {
  registry::RegistriesOptions options;
  options.verifies_tls = wish.tls.verifies();
  registry::Registries registries(std::move(options));
  bool is_known = false;  // the credentials to the registry
  registry::RegistryHost host(registries.settings_of(name),
                              [&]() -> std::optional<Credential> {
                                is_known = true;
                                return credential;
                              },
                              registry::Proxies::of_process(), {});
  try {
    registry::Call call;
    call.path = "/v2/";
    host.ask(call, stop, [](registry::RegistryReply& reply) {
      return reply.read_all(kMostReplyBytes);
    });
  } catch (base::Error& error) {
    if (error.kind() == ErrorKind::denied && is_known) {
      error.hint(
          "check the user name and the password; many registries want an "
          "access token for one");
    }
    if (error.kind() == ErrorKind::not_found) {
      throw base::Error(ErrorKind::unavailable, error.message())
          .hint("there is no registry of images at this address");
    }
    throw;
  }
}

// Those that are kept already, when they still hold and nothing else is given.
bool is_logged_in(const registry::CredentialStore& store,
                  const std::string& name, const Wish& wish,
                  const std::stop_token& stop) {
  if (wish.user || wish.password) return false;
  const auto kept = store.find(name, {}, stop);
  if (!kept) return false;
  try {
    try_at_registry(name, wish, *kept, stop);
    return true;
  } catch (const base::Error& error) {
    if (error.kind() != ErrorKind::denied || !is_input_terminal()) throw;
    warn(fmt::format("the credentials that are kept do not hold: {}",
                     error.message()));
    return false;
  }
}

void tell(const registry::CredentialStore::Kept& kept) {
  if (kept.is_readable) {
    warn(
        fmt::format("the password is kept unencrypted in {}; a credential "
                    "helper, named by \"credsStore\" there, keeps it safe",
                    kept.where));
  }
  if (!kept.hidden_by.empty()) {
    warn(fmt::format("{} has other credentials for it, which come first",
                     kept.hidden_by));
  }
}

void read_flags(Options& options, Wish& wish) {
  options.value("-u,--username", wish.user, "User name");
  options.flag("--password-stdin", wish.reads_input,
               "Read the password from standard input");
  options.value("-p,--password", wish.password,
                "Password; seen by everybody on this machine");
  wish.tls.add_to(options);
  options.optional_operand("REGISTRY", wish.registry,
                           "Host and port; else docker.io");
}

}  // namespace

int run_login_command(Globals& globals, const Arguments& arguments) {
  Wish wish;
  Options options("login [flags] [REGISTRY]",
                  "Tells a registry who you are, and keeps what it accepts.",
                  "strake login -u ann --password-stdin registry.example.com");
  read_flags(options, wish);
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;
  check(wish);
  const std::string name = read_registry_name(wish.registry);
  registry::CredentialStore store(
      registry::CredentialPlaces::of_process(globals.config_directory));
  if (wish.password) {
    warn(
        "everybody on this machine can see a password on a command line; "
        "--password-stdin hides it");
  }
  if (wish.reads_input) wish.password = read_input();

  InterruptWatcher interrupt;
  interrupt.start();
  const std::stop_token stop = interrupt.token();
  try {
    if (!is_logged_in(store, name, wish, stop)) {
      const Credential credential = ask_person(wish, name, stop);
      try_at_registry(name, wish, credential, stop);
      tell(store.store(name, credential, stop));
    }
  } catch (const base::Error& error) {
    if (error.kind() != ErrorKind::cancelled) throw;
    throw base::Error(ErrorKind::cancelled, "the login was interrupted");
  }
  std::cout << "Login Succeeded\n";
  return 0;
}

}  // namespace cli
