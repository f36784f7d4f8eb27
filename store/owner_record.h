// Who owns a file, told apart from who owns it on disk. One place, because tar,
// index and stat must agree.
#pragma once

#include <map>
#include <string>

#include "store/entry.h"

namespace store {

class OwnerRecord {
 public:
  virtual ~OwnerRecord() = default;

  // The true owner of a file with this owner and these xattrs on disk. Takes
  // out of `xattrs` what only this record put there.
  virtual Owner recall(Owner on_disk,
                       std::map<std::string, std::string>& xattrs) const = 0;

  // The owner to give a file on disk, so that recall() finds `owner` again.
  // Adds to `xattrs` what it needs for that.
  virtual Owner keep(Owner owner,
                     std::map<std::string, std::string>& xattrs) const = 0;
};

// For those who may chown: the owner on disk is the true one.
class TrueOwners final : public OwnerRecord {
 public:
  Owner recall(Owner on_disk,
               std::map<std::string, std::string>&) const override {
    return on_disk;
  }
  Owner keep(Owner owner, std::map<std::string, std::string>&) const override {
    return owner;
  }
};

// Where there is but one owner: files of others are his on disk, and who they
// are is known from the layer's index alone.
class OneOwner final : public OwnerRecord {
 public:
  Owner recall(Owner on_disk,
               std::map<std::string, std::string>&) const override {
    return on_disk;
  }
  Owner keep(Owner, std::map<std::string, std::string>&) const override {
    return {0, 0};
  }
};

}  // namespace store
