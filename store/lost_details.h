// What a layer's directory cannot hold without root: the owners of files where
// there is one id only, and device nodes. It goes into the layer's index, and
// the tar it came in is kept, so that the image stays what it was; a step sees
// what is on disk.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "store/layer_index.h"
#include "store/layer_io.h"

namespace store {

struct LostDetails {
  std::map<std::string, Owner> owners;   // of files on disk that have another
  std::map<std::string, Entry> devices;  // that are not on disk
  bool empty() const noexcept { return owners.empty() && devices.empty(); }
};

// Writes through `writer` and notes in `lost` what these rights make it lose.
// Both must outlive it.
std::unique_ptr<TreeWriter> note_losses(TreeWriter& writer,
                                        const FileRights& rights,
                                        LostDetails& lost);

// The index of the directory with what it lost.
LayerIndex restore(const LayerIndex& index, const LostDetails& lost);

// The entry of an index as it is on disk under these rights; false when it is
// not there at all.
bool reduce_to_disk(Entry& entry, const FileRights& rights);

}  // namespace store
