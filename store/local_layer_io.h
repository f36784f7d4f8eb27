// The pieces that LayerIo is made of when this process does the work itself.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "store/entry.h"
#include "store/layer_io.h"
#include "store/owner_record.h"

namespace store {

// How a directory says what a plain one cannot. Outlives what is made with it.
struct LocalForm {
  std::string opaque_xattr;
  std::unique_ptr<OwnerRecord> owners;
  bool makes_devices = true;     // else they are left out
  bool keeps_all_xattrs = true;  // else those that are refused are left out
};

void walk_local(
    const std::filesystem::path& directory, const LocalForm& form,
    const std::function<void(Entry& entry, const base::Fd& file)>& visit);

std::unique_ptr<TreeWriter> write_local(const std::filesystem::path& directory,
                                        const LocalForm& form);

// Removes `name` with all below it; fine when absent. Stays on this side of
// mount points. Throws: system, denied.
void remove_below(const base::Fd& directory, std::string_view name);

}  // namespace store
