// What registries.conf says: containers-registries.conf(5), version 2, and
// version 1 ("[registries.search]") where it says the same.
//
// Read are, the later ones over the earlier:
//   1. $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf
//      if there is one, else /etc/containers/registries.conf;
//   2. *.conf of /etc/containers/registries.conf.d, unless the file of 1 is the
//      user's own, then of ~/.config/containers/registries.conf.d; or of
//      $CONTAINERS_REGISTRIES_CONF_DIR alone; by name, in bytes;
//   3. aliases that podman's users chose (short-name-aliases.conf).
// A later [[registry]] replaces the one of the same prefix as a whole, and in
// one file the first of a prefix counts; other settings replace one by one.
//
// An immutable value once read: any number of threads may ask it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/config_places.h"
#include "registry/reference.h"

namespace registry {

// What a mirror is asked for ("pull-from-mirror").
enum class MirrorUse { all, digests, tags };

struct RegistryEndpoint {
  // What stands in place of the rule's prefix: "host[:port][/path]". Empty
  // keeps the name as it is, under a prefix of "*.".
  std::string location;
  bool is_insecure = false;
  MirrorUse use = MirrorUse::all;

  bool serves(const Reference& reference) const;
};

// One [[registry]].
struct RegistryRule {
  std::string prefix;  // "host[:port][/path][:tag|@digest]" or "*.host"
  RegistryEndpoint endpoint;
  std::vector<RegistryEndpoint> mirrors;  // asked in this order
  bool is_blocked = false;
  std::string origin;  // "/etc/containers/registries.conf:12"

  // The part of `name` that the prefix stands for, in bytes; nullopt when it
  // is none of this rule's. As containers' tools have it, the prefix "host"
  // stands for "host:5000/x" too.
  std::optional<std::size_t> match(std::string_view name) const;
  // Where the image is at one of this rule's endpoints.
  // Throws: invalid_input when that cannot be the name of an image.
  Reference rewrite(const Reference& reference,
                    const RegistryEndpoint& endpoint) const;
};

// What becomes of a short name that several registries may have.
enum class ShortNameMode { permissive, enforcing, disabled };

struct ShortNameAlias {
  std::string name;    // "host/path"; empty takes an earlier alias back
  std::string origin;  // file
};

struct RegistriesConf {
  std::vector<RegistryRule> rules;
  // Where names without a registry are looked for; nullopt: nobody says.
  std::optional<std::vector<std::string>> search;
  std::string search_origin;
  std::optional<ShortNameMode> short_name_mode;
  std::map<std::string, ShortNameAlias> aliases;
  std::optional<std::vector<std::string>> credential_helpers;

  // The rule with the longest prefix of the image's whole name; null when
  // there is none. It is this value's.
  const RegistryRule* find(const Reference& reference) const;
  // Puts `later` over this.
  void override_with(RegistriesConf later);
};

// One file's text; `path` is for messages. Throws: invalid_input, with the
// file's name and the line.
RegistriesConf parse_registries_conf(const std::string& text,
                                     const std::filesystem::path& path);

// All files. What is not there says nothing, but a file that a variable names
// has to be there. Throws: as parse_registries_conf; not_found, denied, system.
RegistriesConf read_registries_conf(const ConfigPlaces& places);

}  // namespace registry
