// Layers: content-addressed directories that overlayfs stacks.
//
// On disk, per layer: <root>/overlay2/<id>/diff (the files), /index (the
// LayerIndex), /link (its short name) and the link <root>/overlay2/l/<SHORT>.
// <id> is the layer's diffID in hex (image-spec v1.1 config.md "Layer DiffID"),
// so a layer does not depend on what it is stacked on.
// Threads: all members may be called at once. Processes may share a root.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/digest.h"
#include "store/blob_form.h"
#include "store/byte_stream.h"
#include "store/layer_index.h"
#include "store/layer_io.h"
#include "store/lease.h"
#include "store/merged_tree.h"

namespace store {

class Database;
class BlobStore;
class LayerProvider;
struct LayerRow;

// Where a layer's bytes are.
enum class LayerState {
  remote,     // known by descriptor only
  blob,       // its compressed tar is in the blob store
  extracted,  // its directory is in overlay2/
};

// What a layer's tar is made from when somebody asks for it.
enum class LayerSource {
  canonical,  // made here: encoded again from the directory, byte for byte
  blob,       // from elsewhere: only its own blob has the right bytes
};

// Of a layer's blob: image-spec's.
std::string_view media_type_of(Compression compression);

struct Layer {
  base::Digest diff_id;        // of the uncompressed tar
  base::Digest stable_digest;  // LayerIndex::stable_digest
  LayerState state = LayerState::extracted;
  LayerSource source = LayerSource::canonical;
  std::uint64_t tar_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::filesystem::path diff;  // the directory, when extracted
};

// A directory that has been read but not published: still under its lease.
struct SealedLayer {
  std::filesystem::path directory;
  LayerIndex index;
  base::Digest diff_id;
  base::Digest stable_digest;
  std::uint64_t tar_bytes = 0;
  LayerSource source = LayerSource::canonical;
  // The blob it came as, already stored; a blob layer has one.
  std::optional<base::Descriptor> blob;
};

// A layer's tar from elsewhere, in any compression.
struct ForeignLayer {
  // Called by one thread at a time, which need not be extract()'s caller. What
  // it throws comes out of extract() as it is.
  ByteSource tar;
  // The same bytes once more, where they can be read twice; then they are
  // stored only if that turns out to be needed, and not while they pass.
  std::function<ByteSource()> reopen = {};
  // What it claims to be, where something is claimed: the digest of the tar;
  // digest and number of the bytes as they come.
  std::optional<base::Digest> diff_id = {};
  std::optional<base::Digest> blob = {};
  std::optional<std::uint64_t> blob_bytes = {};
  // Of its files (LayerIndex::stable_digest), as they were where it was made:
  // of those that cannot be held here the tar tells, with `reopen`.
  std::optional<base::Digest> stable_digest = {};
  // The layers it stands on, bottom first: they serve hard links into lower
  // layers.
  std::span<const base::Digest> parents = {};
  // Keeps compressed bytes even where the tar can be made again, because a
  // manifest names their digest.
  bool keep_bytes = false;
};

class LayerStore {
 public:
  LayerStore(std::filesystem::path root, Database& database, BlobStore& blobs,
             LayerIo& io);
  ~LayerStore();
  LayerStore(const LayerStore&) = delete;
  LayerStore& operator=(const LayerStore&) = delete;

  // A layer whose files were last written under an earlier boot of the kernel
  // is compared with its index first, once; when a power loss has damaged it,
  // its record is removed and the layer is absent. Throws: system, corrupt.
  std::optional<Layer> find(const base::Digest& diff_id) const;

  // The same without the comparison, for those who only look: one that would
  // have to be verified counts as it is recorded. Writes nothing.
  std::optional<Layer> look(const base::Digest& diff_id) const;

  // Whether it is there, as a directory. Throws: as find().
  bool has_files(const base::Digest& diff_id) const;

  // Reads a finished directory once: index, diffID and stable digest come from
  // the same pass. The directory must be below the lease's and not change.
  SealedLayer seal(const Lease& lease, const std::filesystem::path& directory);

  // Moves the directory into overlay2/ and records it in one transaction; when
  // the layer is there already, keeps that one and drops this.
  Layer publish(const Lease& lease, SealedLayer sealed);

  // Unpacks a foreign layer (image-spec v1.1 layer.md) and publishes it. Its
  // bytes are kept as a blob when the canonical encoding differs from them. One
  // that is there already is not unpacked again, nor read without need. When
  // several do this at once, all end well and one layer is there. After an
  // error nothing is, neither in the store nor below the lease. How large it
  // unpacks is bounded by the disk alone, its list of names by
  // layer_unpacker.h. Throws: invalid_input; corrupt when it is not what it
  // claims to be, as soon as there are more bytes than it claims; cancelled;
  // what its source throws.
  Layer extract(const Lease& lease, const ForeignLayer& foreign);

  // Who is asked for layers that are not here: for their index() at once, for
  // their files when merged() opens one. Null for nobody. To be set while no
  // other thread uses the store.
  void ask_for_absent(LayerProvider* provider);

  // The index, read once per process and shared. Throws: not_found, corrupt;
  // what the provider throws.
  std::shared_ptr<const LayerIndex> index(const base::Digest& diff_id) const;

  // The stack of these layers, bottom first, as one tree.
  MergedTree merged(std::span<const base::Digest> diff_ids) const;

  // The layer's uncompressed tar. Throws: not_found, corrupt.
  void write_tar(const base::Digest& diff_id, const ByteSink& sink) const;

  // The layer as a blob of this compression: as it came, else made and stored
  // when it is not there yet. Throws: not_found, corrupt.
  base::Descriptor ensure_blob(const Lease& lease, const base::Digest& diff_id,
                               Compression compression);

  // The same into `sink`, which may be an upload, and nothing is stored: what
  // others want once need not take room here. Whoever wants the digest of bytes
  // that are made hashes what he gets, as an upload does anyway. Throws: also
  // what the sink does.
  void write_blob(const Lease& lease, const base::Digest& diff_id,
                  Compression compression, const ByteSink& sink) const;

  // The blob that ensure_blob() would give, if its bytes are here; they stay at
  // least until the lease ends.
  std::optional<base::Descriptor> find_blob(const Lease& lease,
                                            const base::Digest& diff_id,
                                            Compression compression) const;

  // The layer's blob as it came from elsewhere, in whatever compression; the
  // same holds for its bytes.
  std::optional<base::Descriptor> find_foreign_blob(
      const Lease& lease, const base::Digest& diff_id) const;

  // How many bytes the layer's blob of just this digest has; it is there at
  // least until the lease ends. An uncompressed tar counts when it can be made
  // again. nullopt when there is none.
  std::optional<std::uint64_t> find_blob_size(const Lease& lease,
                                              const base::Digest& diff_id,
                                              const base::Digest& blob) const;

  LayerIo& io() const noexcept { return io_; }

 private:
  struct State;
  std::filesystem::path directory_of(const base::Digest& diff_id) const;
  std::optional<LayerRow> find_row(const base::Digest& diff_id) const;
  bool verify(const LayerRow& row) const;
  std::optional<base::Fd> open_any_blob(const base::Digest& diff_id) const;
  bool pin_any_blob(const Lease& lease, const base::Digest& diff_id) const;
  SealedLayer unpack_into(const Lease& lease, const ForeignLayer& foreign,
                          const std::filesystem::path& directory);
  void keep_bytes(const Lease& lease, const ForeignLayer& foreign,
                  const Layer& known);
  void insert_row(const SealedLayer& sealed, const base::Digest& index_digest);
  void insert_blob(const base::Digest& diff_id, const base::Descriptor& blob,
                   const BlobForm& form);

  std::filesystem::path root_;
  Database& database_;
  BlobStore& blobs_;
  LayerIo& io_;
  std::unique_ptr<State> state_;
};

// chainID of a stack, bottom first (image-spec v1.1 config.md "Layer ChainID").
// The empty stack has the unset digest.
base::Digest chain_id(std::span<const base::Digest> diff_ids);

}  // namespace store
