// fuse-overlayfs's own marks in an upper directory, translated into those that
// the kernel's overlayfs has.
//
//   .wh..wh..opq        a file: the directory it is in is opaque
//   .wh..opq            a 0/0 device, left beside that
//   .wh.NAME            a 0/0 device: NAME is gone
//   *.overlay.opaque, user.fuseoverlayfs.*   attributes, whichever it may set
#pragma once

#include <filesystem>

namespace runtime {

// `opaque` is the attribute of opaque directories. Directories that are marked
// keep their times. Throws: system.
void translate_fuse_marks(const std::filesystem::path& upper,
                          const char* opaque);

}  // namespace runtime
