#include "store/layer_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <unordered_map>

#include "base/error.h"
#include "base/file.h"
#include "base/guarded.h"
#include "store/blob_store.h"
#include "store/boot_id.h"
#include "store/database.h"
#include "store/directory.h"
#include "store/layer_form.h"
#include "store/layer_provider.h"
#include "store/layer_store_state.h"

namespace store {
namespace {

// Somebody may have removed the directory by hand: it is then made anew. The
// index stands beside the layer's files.
bool is_there(const Layer& layer) {
  const auto index = layer.diff.parent_path() / "index";
  return ::access(index.c_str(), F_OK) == 0 &&
         ::access(layer.diff.c_str(), F_OK) == 0;
}

}  // namespace

LayerStore::State::State() : boot_id(read_boot_id()) {}

LayerStore::LayerStore(std::filesystem::path root, Database& database,
                       BlobStore& blobs, LayerIo& io)
    : root_(std::move(root)),
      database_(database),
      blobs_(blobs),
      io_(io),
      state_(std::make_unique<State>()) {
  make_directory(root_ / "overlay2", kPrivate);
  make_directory(root_ / "overlay2" / "l", kPrivate);
}

LayerStore::~LayerStore() = default;

std::filesystem::path LayerStore::directory_of(
    const base::Digest& diff_id) const {
  return root_ / "overlay2" / diff_id.hex();
}

std::optional<Layer> LayerStore::find(const base::Digest& diff_id) const {
  std::optional<LayerRow> row = find_row(diff_id);
  if (!row) return std::nullopt;
  if (row->layer.state == LayerState::extracted) {
    const bool is_trustworthy =
        is_there(row->layer) && is_trusted(row->boot_id, state_->boot_id);
    if (!is_trustworthy && !verify(*row)) return std::nullopt;
  }
  return std::move(row->layer);
}

std::optional<Layer> LayerStore::look(const base::Digest& diff_id) const {
  std::optional<LayerRow> row = find_row(diff_id);
  if (!row) return std::nullopt;
  if (row->layer.state == LayerState::extracted && !is_there(row->layer)) {
    return std::nullopt;
  }
  return std::move(row->layer);
}

bool LayerStore::has_files(const base::Digest& diff_id) const {
  const auto layer = find(diff_id);
  return layer && layer->state == LayerState::extracted;
}

std::optional<LayerRow> LayerStore::find_row(
    const base::Digest& diff_id) const {
  const auto lock = database_.lock();
  Statement statement = database_.prepare(
      "SELECT stable_digest, state, source, tar_bytes, file_bytes, "
      "index_digest, tar_format, boot_id FROM layers WHERE diff_id = ?");
  statement.bind(0, diff_id);
  if (!statement.step()) return std::nullopt;
  LayerRow row;
  row.layer.diff_id = diff_id;
  if (!statement.is_null(0)) row.layer.stable_digest = statement.digest(0);
  row.layer.state = static_cast<LayerState>(statement.integer(1));
  row.layer.source = static_cast<LayerSource>(statement.integer(2));
  row.layer.tar_bytes = static_cast<std::uint64_t>(statement.integer(3));
  row.layer.file_bytes = static_cast<std::uint64_t>(statement.integer(4));
  if (!statement.is_null(5)) row.index_digest = statement.digest(5);
  if (!statement.is_null(6)) row.tar_format = statement.integer(6);
  row.boot_id = statement.text(7);
  if (row.layer.state == LayerState::extracted) {
    row.layer.diff = directory_of(diff_id) / "diff";
  }
  return row;
}

// After a power loss, once per layer: compares the directory with its index.
// Either the row then says so, or row and directory are gone.
bool LayerStore::verify(const LayerRow& row) const {
  const base::Digest& diff_id = row.layer.diff_id;
  bool is_good = false;
  try {
    const std::string bytes = base::read_file(directory_of(diff_id) / "index");
    is_good = base::Digest::of(bytes) == row.index_digest &&
              is_undamaged(io_, row.layer.diff, LayerIndex::parse(bytes));
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found &&
        error.kind() != base::ErrorKind::corrupt &&
        error.kind() != base::ErrorKind::system) {
      throw;
    }
  }
  Transaction transaction(database_);
  const auto now = find_row(diff_id);
  if (!now) return false;
  if (is_trusted(now->boot_id, state_->boot_id) && is_there(now->layer)) {
    return true;  // meanwhile
  }
  if (is_good) {
    Statement update =
        database_.prepare("UPDATE layers SET boot_id = '' WHERE diff_id = ?");
    update.bind(0, diff_id).run();
  } else {
    Statement drop = database_.prepare("DELETE FROM layers WHERE diff_id = ?");
    drop.bind(0, diff_id).run();
    io_.remove_tree(directory_of(diff_id));
  }
  transaction.commit();
  return is_good;
}

void LayerStore::ask_for_absent(LayerProvider* provider) {
  state_->provider = provider;
}

std::shared_ptr<const LayerIndex> LayerStore::index(
    const base::Digest& diff_id) const {
  {
    auto indexes = state_->indexes.lock();
    if (const auto known = indexes->find(diff_id); known != indexes->end()) {
      return known->second;
    }
  }
  const auto layer = find(diff_id);
  if (!layer || layer->state != LayerState::extracted) {
    if (state_->provider != nullptr) {
      if (auto known = state_->provider->find_index(diff_id)) return known;
    }
    throw unknown_layer(diff_id);
  }
  auto index = std::make_shared<const LayerIndex>(
      LayerIndex::read(directory_of(diff_id) / "index"));
  return state_->indexes.lock()->emplace(diff_id, index).first->second;
}

MergedTree LayerStore::merged(std::span<const base::Digest> diff_ids) const {
  std::vector<MergedTree::Layer> layers;
  layers.reserve(diff_ids.size());
  for (const base::Digest& diff_id : diff_ids) {
    layers.push_back({index(diff_id), directory_of(diff_id) / "diff", {}});
    if (LayerProvider* const provider = state_->provider) {
      layers.back().before_open = [provider, diff_id] {
        provider->fetch(diff_id);
      };
    }
  }
  return MergedTree(std::move(layers));
}

base::Digest chain_id(std::span<const base::Digest> diff_ids) {
  base::Digest chain;
  for (const base::Digest& diff_id : diff_ids) {
    chain = chain.is_set() ? base::Digest::of(chain.str() + " " + diff_id.str())
                           : diff_id;
  }
  return chain;
}

}  // namespace store
