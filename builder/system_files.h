// The files of a sandbox that come from neither image nor step: /etc/hosts and
// /etc/resolv.conf, mounted over the image's so that no layer holds them.
#pragma once

#include <filesystem>
#include <string_view>

#include "runtime/spec.h"

namespace builder {

// Writes them into `directory` and adds their mounts.
void add_system_files(const std::filesystem::path& directory,
                      runtime::Spec& spec);

// A new file of this content and mode; its path. Throws: system.
std::filesystem::path write_new_file(const std::filesystem::path& path,
                                     std::string_view content, unsigned mode);

}  // namespace builder
