// Owner, extended attributes and times of a file that was just made, with
// errors that say which of them could not be had and why.
#pragma once

#include <array>
#include <ctime>
#include <map>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "store/entry.h"
#include "store/local_layer_io.h"

namespace store {

using Xattrs = std::map<std::string, std::string>;

// Each `result` is that of the system call, errno still its own.
// Throws: system, denied; the text is `what`.
void check(int result, std::string_view what);
void check_owner(int result, Owner owner);
// What the rights of a user namespace do not reach is left out.
void check_xattr(int result, const std::string& name, const LocalForm& form);

void set_xattrs(const base::Fd& file, const Xattrs& xattrs,
                const LocalForm& form);
// Removes those that a layer can carry.
void clear_layer_xattrs(const base::Fd& file);

// For utimensat(2): the last change alone.
std::array<timespec, 2> times_of(const Timestamp& mtime);

}  // namespace store
