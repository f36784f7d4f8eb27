#include "runtime/firewall.h"

#include <fmt/format.h>
#include <nftables/libnftables.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>

#include "base/dynamic_library.h"
#include "base/error.h"

namespace runtime {
namespace {

using nlohmann::json;

struct NftablesLibrary {
  NftablesLibrary() {
    const base::DynamicLibrary library("libnftables.so.1");
    library.load(context_new, "nft_ctx_new");
    library.load(context_free, "nft_ctx_free");
    library.load(buffer_output, "nft_ctx_buffer_output");
    library.load(buffer_error, "nft_ctx_buffer_error");
    library.load(output, "nft_ctx_get_output_buffer");
    library.load(error, "nft_ctx_get_error_buffer");
    library.load(set_flags, "nft_ctx_output_set_flags");
    library.load(run, "nft_run_cmd_from_buffer");
  }
  decltype(&::nft_ctx_new) context_new = nullptr;
  decltype(&::nft_ctx_free) context_free = nullptr;
  decltype(&::nft_ctx_buffer_output) buffer_output = nullptr;
  decltype(&::nft_ctx_buffer_error) buffer_error = nullptr;
  decltype(&::nft_ctx_get_output_buffer) output = nullptr;
  decltype(&::nft_ctx_get_error_buffer) error = nullptr;
  decltype(&::nft_ctx_output_set_flags) set_flags = nullptr;
  decltype(&::nft_run_cmd_from_buffer) run = nullptr;
};

const NftablesLibrary& nft() {
  static const NftablesLibrary kLibrary;
  return kLibrary;
}

struct Reply {
  bool is_done = false;
  std::string error;
};

Reply try_run(nft_ctx* context, const std::string& commands) {
  Reply reply;
  reply.is_done = nft().run(context, commands.c_str()) == 0;
  nft().output(context);  // read, so that the next is not behind it
  reply.error = nft().error(context);
  return reply;
}

void run(nft_ctx* context, const std::string& commands,
         const std::string& what) {
  const Reply reply = try_run(context, commands);
  if (reply.is_done) return;
  const std::string first = reply.error.substr(0, reply.error.find('\n'));
  const bool is_denied = first.find("not permitted") != first.npos;
  throw base::Error(
      is_denied ? base::ErrorKind::denied : base::ErrorKind::system,
      fmt::format("network: {}: nftables: {}", what, first));
}

// The objects that a listing has; empty when it fails.
std::vector<json> list(nft_ctx* context, const std::string& command) {
  nft().set_flags(context, NFT_CTX_OUTPUT_JSON);
  const bool is_done = nft().run(context, command.c_str()) == 0;
  nft().set_flags(context, 0);
  const std::string text = nft().output(context);
  nft().error(context);
  if (!is_done) return {};
  const json listing = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!listing.is_object() || !listing.contains("nftables")) return {};
  return listing["nftables"].get<std::vector<json>>();
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

std::string table_of(const json& chain) {
  return text_of(chain, "family") + " " + text_of(chain, "table");
}

std::vector<json> list_chains(nft_ctx* context) {
  std::vector<json> chains;
  for (const char* command : {"list chains ip", "list chains inet"}) {
    for (json& object : list(context, command)) {
      const auto found = object.find("chain");
      if (found != object.end()) chains.push_back(std::move(*found));
    }
  }
  return chains;
}

// What the grammar of nftables takes as a name, unquoted.
bool is_plain(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           c == '-' || c == '.';
  });
}

std::string render_table(const FirewallRules& rules, std::string_view flags) {
  const std::string ours = link_prefix_of(rules.slot);
  const std::string subnet = render_subnet(rules.subnet);
  std::string forward = fmt::format(
      "iifname \"{0}*\" ip saddr != {1} drop\n"
      "iifname \"{0}*\" oifname \"{2}*\" drop\n"
      "oifname \"{0}*\" ct state established,related accept\n"
      "oifname \"{0}*\" drop\n",
      ours, subnet, kLinkPrefix);
  if (rules.keeps_others_out) {
    forward += fmt::format("iifname != \"{0}*\" oifname != \"{0}*\" drop\n",
                           kLinkPrefix);
  }
  return fmt::format(
      "table ip {0}{1} {{\n"
      "{2}"
      "chain forward {{\n"
      "type filter hook forward priority filter - 10; policy accept;\n"
      "{3}}}\n"
      "chain postrouting {{\n"
      "type nat hook postrouting priority srcnat; policy accept;\n"
      "ip saddr {4} oifname != \"{0}*\" masquerade\n"
      "}}\n"
      "}}\n",
      kLinkPrefix, rules.slot, flags, forward, subnet);
}

}  // namespace

std::string link_prefix_of(unsigned slot) {
  return fmt::format("{}{}v", kLinkPrefix, slot);
}

Firewall::Context Firewall::open_context() {
  nft_ctx* context = nft().context_new(NFT_CTX_DEFAULT);
  if (context == nullptr) {
    throw base::Error(base::ErrorKind::system,
                      "network: opening nftables failed");
  }
  nft().buffer_output(context);
  nft().buffer_error(context);
  return {context, nft().context_free};
}

Firewall::Firewall() : owner_(open_context()), other_(open_context()) {}

void Firewall::apply(const FirewallRules& rules) {
  // The kernel closes a killed owner's files in any order: it may have let go
  // of the slot and not yet of the table.
  constexpr int kMostAttempts = 20;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const Reply reply =
        try_run(owner_.get(), render_table(rules, "flags owner;\n"));
    if (reply.is_done) return;
    if (reply.error.find("not permitted") == std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  // An older kernel; then the next build removes what a killed one leaves.
  run(owner_.get(), render_table(rules, ""), "translating addresses");
}

void Firewall::let_others_through(FirewallRules rules) {
  rules.keeps_others_out = false;
  const std::string table = fmt::format("ip {}{}", kLinkPrefix, rules.slot);
  const std::string chains = fmt::format(
      "flush chain {0} forward\nflush chain {0} postrouting\n", table);
  const Reply reply =
      try_run(owner_.get(), chains + render_table(rules, "flags owner;\n"));
  if (reply.is_done) return;
  run(owner_.get(), chains + render_table(rules, ""), "letting others through");
}

std::vector<std::string> Firewall::find_forwarding_chains() {
  std::vector<std::string> forwarding;
  for (const json& chain : list_chains(other_.get())) {
    if (text_of(chain, "table").starts_with(kLinkPrefix)) continue;
    if (text_of(chain, "hook") == "forward" ||
        text_of(chain, "type") == "nat") {
      forwarding.push_back(table_of(chain) + " " + text_of(chain, "name"));
    }
  }
  return forwarding;
}

std::vector<std::string> Firewall::find_refusing_chains() {
  std::vector<std::string> refusing;
  std::vector<std::string> users;
  for (const json& chain : list_chains(other_.get())) {
    const std::string table = table_of(chain);
    const std::string name = text_of(chain, "name");
    if (!is_plain(text_of(chain, "table")) || !is_plain(name)) continue;
    if (name == "DOCKER-USER") users.push_back(table);
    if (text_of(chain, "hook") == "forward" &&
        text_of(chain, "policy") == "drop") {
      refusing.push_back(table + " " + name);
    }
  }
  for (std::string& chain : refusing) {
    const std::string table = chain.substr(0, chain.rfind(' '));
    if (std::find(users.begin(), users.end(), table) != users.end()) {
      chain = table + " DOCKER-USER";
    }
  }
  return refusing;
}

void Firewall::accept_in(const std::string& chain, unsigned slot) {
  std::string commands;
  for (const char* direction : {"iifname", "oifname"}) {
    commands +=
        fmt::format("insert rule {} {} \"{}*\" accept comment \"{}{}\"\n",
                    chain, direction, link_prefix_of(slot), kLinkPrefix, slot);
  }
  run(other_.get(), commands, "letting steps through " + chain);
}

void Firewall::remove_from(const std::string& chain, unsigned slot) {
  const std::string comment = fmt::format("{}{}", kLinkPrefix, slot);
  for (const json& object : list(other_.get(), "list chain " + chain)) {
    const auto rule = object.find("rule");
    if (rule == object.end() || text_of(*rule, "comment") != comment) continue;
    try_run(other_.get(), fmt::format("delete rule {} handle {}\n", chain,
                                      rule->value("handle", 0)));
  }
}

void Firewall::remove_table(unsigned slot) {
  try_run(other_.get(),
          fmt::format("delete table ip {}{}\n", kLinkPrefix, slot));
}

}  // namespace runtime
