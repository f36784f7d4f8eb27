// Users and groups as an image knows them: its /etc/passwd and /etc/group
// (passwd(5), group(5)), read out of the layers without a mount.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/entry.h"
#include "store/merged_tree.h"

namespace builder {

struct Account {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> additional_gids;  // gid, then the others
  std::string home = "/";
};

class Accounts {
 public:
  explicit Accounts(const store::MergedTree& tree);

  // USER: "", "name", "uid", "name:group", "uid:gid". Without a group the
  // primary one and the supplementary ones are looked up; with one there are
  // no others. A number need not be listed.
  // Throws: not_found for a name that is not there, naming the file.
  Account find_user(std::string_view user) const;

  // --chown: as USER, but a number alone is also the group, and root is always
  // number 0.
  store::Owner find_owner(std::string_view owner) const;

 private:
  struct User {
    std::string name;
    std::uint32_t uid;
    std::uint32_t gid;
    std::string home;
  };
  struct Group {
    std::string name;
    std::uint32_t gid;
    std::vector<std::string> members;
  };
  const User* find(std::string_view name) const;
  std::uint32_t find_gid(std::string_view group) const;

  std::vector<User> users_;
  std::vector<Group> groups_;
};

}  // namespace builder
