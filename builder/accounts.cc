#include "builder/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace builder {
namespace {

std::optional<std::uint32_t> find_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

base::Error absent(std::string_view kind, std::string_view name,
                   std::string_view file) {
  return base::Error(base::ErrorKind::not_found,
                     fmt::format("{} \"{}\" is not in {} of the image", kind,
                                 name, file))
      .hint("make it in an earlier RUN, or give a number");
}

// What of an image is no file, or not there, has no lines.
std::string read_lines(const store::MergedTree& tree, const std::string& path) {
  try {
    return tree.read_file(path).value_or("");
  } catch (base::Error& error) {
    error.add_context(fmt::format("/{} of the image", path));
    throw;
  }
}

}  // namespace

Accounts::Accounts(const store::MergedTree& tree) {
  const std::string users = read_lines(tree, "etc/passwd");
  for (const std::string_view line : split(users, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 4) continue;
    const auto uid = find_number(fields[2]);
    const auto gid = find_number(fields[3]);
    if (!uid || !gid) continue;
    const std::string_view home = fields.size() > 5 ? fields[5] : "";
    users_.push_back({std::string(fields[0]), *uid, *gid,
                      std::string(home.empty() ? "/" : home)});
  }
  const std::string groups = read_lines(tree, "etc/group");
  for (const std::string_view line : split(groups, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 3) continue;
    const auto gid = find_number(fields[2]);
    if (!gid) continue;
    Group group{std::string(fields[0]), *gid, {}};
    if (fields.size() > 3) {
      for (const std::string_view member : split(fields[3], ',')) {
        group.members.emplace_back(member);
      }
    }
    groups_.push_back(std::move(group));
  }
}

const Accounts::User* Accounts::find(std::string_view name) const {
  const auto number = find_number(name);
  const auto it =
      std::find_if(users_.begin(), users_.end(), [&](const User& user) {
        return user.name == name || (number && user.uid == *number);
      });
  return it == users_.end() ? nullptr : &*it;
}

std::uint32_t Accounts::find_gid(std::string_view group) const {
  for (const Group& known : groups_) {
    if (known.name == group) return known.gid;
  }
  if (const auto number = find_number(group)) return *number;
  if (group == "root") return 0;
  throw absent("group", group, "/etc/group");
}

Account Accounts::find_user(std::string_view user) const {
  Account account;
  const std::size_t colon = user.find(':');
  std::string_view name = user.substr(0, colon);
  if (name.empty()) name = "0";
  const User* known = find(name);
  if (known == nullptr && name == "root") known = find("0");
  if (known != nullptr) {
    account.uid = known->uid;
    account.gid = known->gid;
    account.home = known->home;
  } else if (const auto number = find_number(name)) {
    account.uid = *number;
  } else if (name != "root") {
    throw absent("user", name, "/etc/passwd");
  }
  if (colon != std::string_view::npos) {
    const std::string_view group = user.substr(colon + 1);
    account.gid = group.empty() ? 0 : find_gid(group);
  }
  account.additional_gids.push_back(account.gid);
  if (colon != std::string_view::npos || known == nullptr) return account;
  for (const Group& group : groups_) {
    const auto& members = group.members;
    if (group.gid != account.gid && std::find(members.begin(), members.end(),
                                              known->name) != members.end()) {
      account.additional_gids.push_back(group.gid);
    }
  }
  return account;
}

store::Owner Accounts::find_owner(std::string_view owner) const {
  const std::size_t colon = owner.find(':');
  const std::string_view name = owner.substr(0, colon);
  if (colon == std::string_view::npos) {
    if (const auto number = find_number(name)) return {*number, *number};
    if (name == "root") return {0, 0};
  }
  const Account account = find_user(owner);
  return {name == "root" ? 0 : account.uid, account.gid};
}

}  // namespace builder
