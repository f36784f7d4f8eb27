#include "builder/operation.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "builder/byte_text.h"
#include "builder/stage_planner.h"
#include "parser/git_address.h"
#include "parser/url.h"

namespace builder {
namespace {

using nlohmann::json;

// Raised whenever the meaning of any part of a key changes, so that records
// of an older strake are never mistaken for this one's.
constexpr int kKeyFormat = 3;

std::string_view render_kind(TreeSource::Kind kind) {
  switch (kind) {
    case TreeSource::Kind::context:
      return "context";
    case TreeSource::Kind::vertex:
      return "stage";
    case TreeSource::Kind::empty:
      return "scratch";
  }
  return "context";
}

std::string_view render_type(parser::MountType type) {
  switch (type) {
    case parser::MountType::bind:
      return "bind";
    case parser::MountType::cache:
      return "cache";
    case parser::MountType::tmpfs:
      return "tmpfs";
    case parser::MountType::secret:
      return "secret";
    case parser::MountType::ssh:
      return "ssh";
  }
  return "bind";
}

std::string text(std::string_view bytes) { return widen_bytes(bytes); }

json texts(const std::vector<std::string>& words) {
  json out = json::array();
  for (const std::string& word : words) out.push_back(text(word));
  return out;
}

void put(json& object, const char* key,
         const std::optional<std::string>& value) {
  if (value) object[key] = text(*value);
}

template <typename T>
void put(json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

json render(const ExecMount& mount) {
  const parser::MountOption& option = mount.option;
  json out{{"type", render_type(option.type)},
           {"target", text(mount.target)},
           {"read_only", option.read_only}};
  put(out, "mode", option.mode);
  put(out, "uid", option.uid);
  put(out, "gid", option.gid);
  switch (option.type) {
    case parser::MountType::bind:
      put(out, "source", option.source);
      out["from"] = render_kind(mount.source.kind);
      break;
    case parser::MountType::tmpfs:
      put(out, "size", option.size_bytes);
      break;
    case parser::MountType::secret:
      put(out, "id", option.id);
      put(out, "env", option.env);
      out["required"] = option.required;
      break;
    case parser::MountType::ssh:
      put(out, "id", option.id);
      out["required"] = option.required;
      break;
    case parser::MountType::cache:  // its id and content are no part of a key
      put(out, "source", option.source);
      break;
  }
  return out;
}

json render(const BaseOp& op) {
  return {{"op", "base"}, {"image", op.image_id.str()}};
}

// An address without its credentials, which are kept nowhere; what differs in
// them alone is still not the same.
void put_address(json& object, const char* key, const std::string& address) {
  const std::string shown = parser::redact_address(address);
  object[key] = text(shown);
  if (shown != address) {
    object["credentials"] = base::Digest::of(address).str();
  }
}

// With a checksum, any address that gives the content will do.
json render(const HttpOp& op) {
  json out{{"op", "http"}, {"name", text(op.name)}};
  if (op.checksum) {
    out["checksum"] = op.checksum->str();
  } else {
    put_address(out, "address", op.url);
  }
  return out;
}

json render(const GitOp& op) {
  json out{{"op", "git"},
           {"ref", text(op.ref)},
           {"ref_name", text(op.ref_name)},
           {"checksum", text(op.checksum)},
           {"subdir", text(op.subdir)},
           {"keep_git_dir", op.keep_git_dir},
           {"submodules", op.has_submodules},
           {"commit_times", op.has_commit_times}};
  put_address(out, "remote", op.remote);
  return out;
}

void render(const SecuritySettings& settings, json& out) {
  if (settings.capabilities) {
    out["capabilities"] = texts(*settings.capabilities);
  }
  if (!settings.seccomp_name.empty()) {
    out["seccomp"] = text(settings.seccomp_name);
  }
  if (settings.no_new_privileges) out["no_new_privileges"] = true;
  if (settings.has_all_paths) out["system_paths"] = "unconfined";
}

void render(const RunSettings& settings, json& out) {
  if (!settings.hostname.empty()) out["hostname"] = text(settings.hostname);
  // Their names alone: where a server is does not say what it serves.
  std::set<std::string> hosts;
  for (const ExtraHost& host : settings.extra_hosts) hosts.insert(host.name);
  for (const std::string& host : hosts) out["hosts"].push_back(text(host));
  for (const auto& [name, values] :
       {std::pair("dns", &settings.dns.servers),
        std::pair("dns_search", &settings.dns.search),
        std::pair("dns_options", &settings.dns.options)}) {
    if (!values->empty()) out[name] = texts(*values);
  }
  put(out, "shm_bytes", settings.shm_bytes);
  // One of each type, so their order says nothing.
  std::map<std::string, json> limits;
  for (const runtime::Rlimit& limit : settings.rlimits) {
    limits[limit.type] = {limit.type, limit.soft, limit.hard};
  }
  for (auto& [type, limit] : limits) out["rlimits"].push_back(std::move(limit));
  render(settings.security, out);
}

json render(const ExecOp& op) {
  json out{{"op", "exec"},
           {"args", texts(op.args)},
           {"env", texts(op.env)},
           {"user", text(op.user)},
           {"cwd", text(op.working_dir)},
           {"network", render_network(op.network)},
           {"platform", text(render_platform(op.platform))}};
  // Only what is not the default: most steps ask for nothing.
  if (op.security == SecurityMode::insecure) out["security"] = "insecure";
  render(op.settings, out);
  for (const ExecDevice& device : op.devices) {
    out["devices"].push_back(text(device.name));
  }
  out["mounts"] = json::array();
  for (const ExecMount& mount : op.mounts)
    out["mounts"].push_back(render(mount));
  if (op.script) {
    out["script"] = {{"name", text(op.script->name)},
                     {"content", text(op.script->content)}};
  }
  return out;
}

// What --exclude and wildcards select is an input of its own, and says all of
// them; so does it of "./src" and "src/".
json render(const CopyOp& op) {
  json out{{"op", "copy"},
           {"destination", text(op.destination)},
           {"directory", op.destination_is_directory},
           {"link", op.is_link},
           {"parents", op.keeps_parents},
           {"unpack", op.is_unpacking}};
  out["sources"] = json::array();
  for (const CopySource& source : op.sources) {
    out["sources"].push_back({{"from", render_kind(source.from.kind)},
                              {"path", text(clean_path("/" + source.path))},
                              {"archive", source.keeps_archive}});
  }
  put(out, "chown", op.chown);
  if (op.chmod) out["chmod"] = op.chmod->render();
  out["inline"] = json::array();
  for (const auto& file : op.inline_files) {
    out["inline"].push_back(
        {{"name", text(file.name)}, {"content", text(file.content)}});
  }
  return out;
}

json render(const WorkDirOp& op) {
  return {{"op", "workdir"}, {"path", text(op.path)}, {"user", text(op.user)}};
}

}  // namespace

std::string_view render_network(NetworkMode mode) {
  switch (mode) {
    case NetworkMode::standard:
      return "default";
    case NetworkMode::none:
      return "none";
    case NetworkMode::host:
      return "host";
  }
  return "default";
}

bool asks_server(const Operation& operation) {
  if (const auto* http = std::get_if<HttpOp>(&operation)) {
    return !http->checksum;
  }
  const auto* git = std::get_if<GitOp>(&operation);
  return git != nullptr && !parser::is_commit(git->ref);
}

bool reads_parent(const Operation& operation) {
  const auto* copy = std::get_if<CopyOp>(&operation);
  return copy == nullptr || !copy->is_link;
}

std::string render_operation(const Operation& operation) {
  return std::visit([](const auto& op) { return render(op); }, operation)
      .dump(-1, ' ', /*ensure_ascii=*/true);
}

base::Digest operation_digest(const Operation& operation) {
  return base::Digest::of(fmt::format("strake-key-{}\n{}", kKeyFormat,
                                      render_operation(operation)));
}

bool reads_tree(const ExecMount& mount) {
  const parser::MountOption& option = mount.option;
  return option.type == parser::MountType::bind ||
         (option.type == parser::MountType::cache &&
          (option.from || option.source));
}

std::vector<TreeSource> tree_sources(const Operation& operation) {
  std::vector<TreeSource> sources;
  if (const auto* exec = std::get_if<ExecOp>(&operation)) {
    for (const ExecMount& mount : exec->mounts) {
      if (reads_tree(mount)) sources.push_back(mount.source);
    }
  } else if (const auto* copy = std::get_if<CopyOp>(&operation)) {
    for (const CopySource& source : copy->sources) {
      sources.push_back(source.from);
    }
  }
  return sources;
}

}  // namespace builder
