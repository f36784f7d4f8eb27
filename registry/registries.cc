#include "registry/registries.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "registry/certs_d.h"
#include "registry/credential_program.h"

namespace registry {
namespace {

constexpr const char* kHubAuthority = "registry-1.docker.io";
// What "credential-helpers" calls the files that login writes.
constexpr const char* kFiles = "containers-auth.json";
constexpr const char* kHubIndex = "index.docker.io";

// The same tag and digest of another repository.
Reference with_name(Reference name, const Reference& version) {
  name.tag = version.tag;
  name.digest = version.digest;
  return name;
}

std::string blocks(const RegistryRule& rule) {
  return fmt::format("{} blocks {}", rule.origin, rule.prefix);
}

}  // namespace

Registries::Registries(RegistriesOptions options)
    : options_(std::move(options)) {}

Registries::~Registries() = default;

const Registries::Conf& Registries::conf() {
  const auto known = conf_.lock();
  if (!*known) {
    auto read = std::make_unique<Conf>();
    read->registries = read_registries_conf(options_.places);
    read->docker = read_docker_daemon_conf(options_.places);
    *known = std::move(read);
  }
  return **known;
}

const RegistryRule* Registries::find_rule(const Reference& reference) {
  const Conf& known = conf();
  const RegistryRule* rule = known.registries.find(reference);
  if (rule == nullptr && known.docker.hub &&
      known.docker.hub->match(reference.full())) {
    rule = &*known.docker.hub;
  }
  return rule;
}

// `rule` is the registry's own; `endpoint`, where it stands for another one.
bool Registries::is_insecure(const std::string& registry,
                             const RegistryRule* rule,
                             const RegistryEndpoint* endpoint) {
  if (options_.verifies_tls) return !*options_.verifies_tls;
  if (is_loopback(registry::host_of(registry))) return true;
  if (endpoint != nullptr && endpoint->is_insecure) return true;
  if (rule != nullptr) return rule->endpoint.is_insecure;
  return conf().docker.is_insecure(registry);
}

HostSettings Registries::make_settings(const std::string& registry,
                                       bool is_insecure) {
  HostSettings settings;
  settings.name = registry;
  settings.authority = registry == kHub ? kHubAuthority : registry;
  settings.tls = read_tls_settings(options_.places, registry);
  const auto& own = options_.places.config;
  settings.tls.advice = fmt::format(
      "put the certificate of its issuer into {}/containers/certs.d/{}/ca.crt, "
      "or do without with --tls-verify=false",
      (own.empty() ? options_.places.etc : own).string(), registry);
  settings.is_insecure = is_insecure;
  return settings;
}

Authenticator::Find Registries::find_of(const std::string& registry,
                                        const std::string& path) {
  return [this, registry, path] { return find_credential(registry, path); };
}

// The files come where "credential-helpers" has them; else before all helpers,
// since what "strake login" has just written there is to count.
std::optional<Credential> Registries::find_credential(
    const std::string& registry, const std::string& path) {
  std::vector<std::string> places =
      conf().registries.credential_helpers.value_or(std::vector<std::string>());
  if (std::find(places.begin(), places.end(), kFiles) == places.end()) {
    places.insert(places.begin(), kFiles);
  }
  for (const std::string& place : places) {
    std::optional<Credential> found;
    if (place != kFiles) {
      found = CredentialProgram({place, registry, "registries.conf"}).get({});
    } else if (options_.find_credential) {
      found = options_.find_credential(registry, path);
    }
    if (found) return found;
  }
  return std::nullopt;
}

RegistryHost& Registries::host_of(const Reference& place, bool is_insecure) {
  const auto hosts = hosts_.lock();
  auto& host = (*hosts)[{place.domain, place.path, is_insecure}];
  if (!host) {
    host = std::make_unique<RegistryHost>(
        make_settings(place.domain, is_insecure),
        find_of(place.domain, place.path), options_.proxies, options_.limits);
  }
  return *host;
}

PullSources Registries::pull_sources(const Reference& reference) {
  std::vector<PullSource> sources;
  std::vector<std::string> refusals;
  const auto add = [&](const Reference& place, const RegistryRule* rule,
                       const RegistryEndpoint* endpoint) {
    if (rule != nullptr && rule->is_blocked) {
      refusals.push_back(blocks(*rule));
      return;
    }
    RegistryHost& host =
        host_of(place, is_insecure(place.domain, rule, endpoint));
    sources.push_back({Repository(host, place.path),
                       place.digest ? place.digest->str() : *place.tag});
  };
  const RegistryRule* rule = find_rule(reference);
  if (rule == nullptr) {
    add(reference, nullptr, nullptr);
    return {reference.full(), std::move(sources), std::move(refusals)};
  }
  for (const RegistryEndpoint& mirror : rule->mirrors) {
    if (!mirror.serves(reference)) continue;
    const Reference place = rule->rewrite(reference, mirror);
    add(place, find_rule(place), &mirror);
  }
  const Reference place = rule->rewrite(reference, rule->endpoint);
  // A name that is blocked is so wherever it leads.
  add(place, rule->is_blocked ? rule : find_rule(place), &rule->endpoint);
  return {reference.full(), std::move(sources), std::move(refusals)};
}

Repository Registries::push_target(const Reference& reference) {
  const RegistryRule* rule = find_rule(reference);
  if (rule != nullptr && rule->is_blocked) {
    throw base::Error(base::ErrorKind::denied,
                      fmt::format("{} must not be pushed: {}", reference.full(),
                                  blocks(*rule)))
        .hint("push to another registry, or change that setting");
  }
  RegistryHost& host =
      host_of(reference, is_insecure(reference.domain, rule, nullptr));
  return {host, reference.path};
}

RegistryHost& Registries::search_host(const std::string& registry) {
  const Reference any = parse_reference(registry + "/x");
  const RegistryRule* rule = find_rule(any);
  if (rule != nullptr && rule->is_blocked) {
    throw base::Error(
        base::ErrorKind::denied,
        fmt::format("{} must not be searched: {}", any.domain, blocks(*rule)))
        .hint("search another registry, or change that setting");
  }
  const bool may_be_insecure = is_insecure(any.domain, rule, nullptr);
  if (any.domain != kHub) {
    Reference whole = any;
    whole.path.clear();
    return host_of(whole, may_be_insecure);
  }
  const auto hosts = hosts_.lock();
  auto& host = (*hosts)[{kHubIndex, {}, may_be_insecure}];
  if (!host) {
    HostSettings settings = make_settings(kHub, may_be_insecure);
    settings.authority = kHubIndex;
    host =
        std::make_unique<RegistryHost>(std::move(settings), find_of(kHub, {}),
                                       options_.proxies, options_.limits);
  }
  return *host;
}

HostSettings Registries::settings_of(const std::string& registry) {
  const Reference any = parse_reference(registry + "/x");
  return make_settings(any.domain,
                       is_insecure(any.domain, find_rule(any), nullptr));
}

std::vector<std::string> Registries::unqualified_registries() {
  const auto& search = conf().registries.search;
  if (!search || search->empty()) return {kHub};
  return *search;
}

std::vector<Reference> Registries::find_candidates(std::string_view written) {
  const Reference usual = parse_reference(written);
  if (names_registry(written)) return {usual};
  const RegistriesConf& known = conf().registries;
  const std::string name(written.substr(0, written.find_first_of(":@")));
  const auto alias = known.aliases.find(name);
  if (alias != known.aliases.end() && !alias->second.name.empty()) {
    return {with_name(parse_reference(alias->second.name), usual)};
  }
  if (!known.search || known.search->empty()) return {usual};
  if (known.search->size() > 1 &&
      known.short_name_mode == ShortNameMode::enforcing) {
    throw base::Error(
        base::ErrorKind::invalid_input,
        fmt::format("\"{}\" may be an image of {} registries ({})", written,
                    known.search->size(), known.search_origin))
        .hint(fmt::format("write which one is meant, as in {}/{}",
                          known.search->front(), written));
  }
  std::vector<Reference> candidates;
  for (const std::string& registry : *known.search) {
    candidates.push_back(
        with_name(parse_reference(registry + "/" + name), usual));
  }
  return candidates;
}

}  // namespace registry
