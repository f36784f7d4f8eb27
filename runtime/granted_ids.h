// The ids that this user may map besides its own: subuid(5), subgid(5).
#pragma once

#include <string>
#include <string_view>

#include "runtime/id_map.h"

namespace runtime {

// The ranges of `text`, the content of /etc/subuid or /etc/subgid, that belong
// to the user by name or by number, as ids of a new namespace: the user's own
// id `self` as 0, the granted ones from 1 on. Just the first where nothing is
// granted. Lines that make no sense are passed over, as newuidmap(1) does; so
// are ranges with an id that is granted already, and those after the 340th, as
// the kernel would refuse the whole map for them.
IdRanges grant_ids(std::string_view text, std::string_view user,
                   std::uint64_t uid, std::uint64_t self);

}  // namespace runtime
