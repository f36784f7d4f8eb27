// The host's packet filter, by libnftables, as far as steps need it.
//
// A build has one table, "ip strake<slot>", with a chain that puts the host's
// address in the place of a step's (masquerade) and one that lets a step talk
// to the world but not to other steps, and nobody talk to a step first. The
// kernel removes the table with the process that made it (NFT_TABLE_F_OWNER,
// Linux 5.12), however that ends.
//
// A chain of somebody else's may refuse what is forwarded, as docker's FORWARD
// does: there two rules with the comment "strake<slot>" are put in front, where
// docker offers it in DOCKER-USER. Who wrote them removes them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/subnet.h"

struct nft_ctx;

namespace runtime {

// Interfaces of all builds are named strake<slot>v<host number>.
inline constexpr const char* kLinkPrefix = "strake";
std::string link_prefix_of(unsigned slot);  // "strake3v"

struct FirewallRules {
  unsigned slot = 0;
  Subnet subnet;
  // Forwarding was off before us: what is none of ours is still not forwarded.
  bool keeps_others_out = false;
};

class Firewall {
 public:
  // Throws: unsupported without libnftables, system.
  Firewall();

  // Makes the table; it goes with this object, or with withdraw(). Throws:
  // system, denied, unsupported: the text has what nftables said.
  void apply(const FirewallRules& rules);

  void withdraw() noexcept { owner_.reset(); }

  // Has the table no longer keep others out. Throws: as apply().
  void let_others_through(FirewallRules rules);

  // Chains of somebody else's that see what is forwarded, as "ip nat
  // POSTROUTING": whose they are needs forwarding, or may.
  std::vector<std::string> find_forwarding_chains();

  // Chains, as "ip filter FORWARD", that refuse what nobody accepts before; in
  // each one's place DOCKER-USER of the same table, if there is one.
  std::vector<std::string> find_refusing_chains();
  void accept_in(const std::string& chain, unsigned slot);

  // These remove what is there, and do not mind when nothing is.
  void remove_from(const std::string& chain, unsigned slot);
  void remove_table(unsigned slot);

 private:
  using Context = std::unique_ptr<nft_ctx, void (*)(nft_ctx*)>;
  static Context open_context();

  Context owner_;  // its socket owns the table
  Context other_;
};

}  // namespace runtime
