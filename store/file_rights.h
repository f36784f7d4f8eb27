// What the process that works on a store can do to the files of layers, and
// under which ids it writes them. store/ does not find that out (runtime/ does,
// see user_namespace.h); it is told by Store::adopt.
#pragma once

#include <string>

namespace store {

struct FileRights {
  // Names the map of the ids that files are written under: all processes that
  // use one store must have the same, since its numbers on disk say nothing
  // without it. "host" for the machine's own ids.
  std::string id_map = "host";
  // overlayfs's marks are trusted.overlay.*, which the machine's root alone can
  // write and its overlays read; else user.overlay.*, for those mounted with
  // "userxattr".
  bool trusted_xattrs = true;
  // Device nodes can be made. In a user namespace they cannot, only 0/0.
  bool makes_devices = true;
  // There is one id: files of other owners are written as that one's.
  bool has_one_owner = false;
};

}  // namespace store
