#include "builder/absent_layers.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "builder/parallel.h"
#include "registry/reference.h"

namespace builder {
namespace {

// Each unpacks one layer; a hash runs beside it.
constexpr std::size_t kMostAtOnce = 4;

}  // namespace

AbsentLayers::AbsentLayers(store::Store& store, Options options)
    : store_(store), options_(std::move(options)) {
  store_.layers().ask_for_absent(this);
}

AbsentLayers::~AbsentLayers() { store_.layers().ask_for_absent(nullptr); }

bool AbsentLayers::is_base(const base::Digest& diff_id) const {
  return options_.bases != nullptr && options_.bases->locate(diff_id);
}

bool AbsentLayers::has(const base::Digest& diff_id) {
  return is_base(diff_id) || (options_.imports != nullptr &&
                              options_.imports->locate(diff_id).has_value());
}

std::optional<base::Digest> AbsentLayers::find_stable(
    const base::Digest& diff_id) {
  if (options_.imports == nullptr) return std::nullopt;
  return options_.imports->find_stable(diff_id);
}

std::shared_ptr<const store::LayerIndex> AbsentLayers::find_index(
    const base::Digest& diff_id) {
  const bool is_ours = is_base(diff_id);
  if (options_.imports != nullptr && (!is_ours || find_stable(diff_id))) {
    if (auto index = options_.imports->find_index(diff_id)) return index;
  }
  if (!is_ours) return nullptr;
  fetch(diff_id);
  return store_.layers().index(diff_id);
}

void AbsentLayers::fetch(const base::Digest& diff_id) {
  if (is_base(diff_id)) {
    fetch_base(diff_id);
  } else if (options_.imports != nullptr) {
    options_.imports->fetch(diff_id);
  }
}

void AbsentLayers::fetch_base(const base::Digest& diff_id) {
  {
    auto fetching = fetching_.lock();
    changed_.wait(fetching.mutex_lock(),
                  [&] { return !fetching->contains(diff_id); });
    if (store_.layers().has_files(diff_id)) return;
    fetching->insert(diff_id);
  }
  const auto end = [&] {
    fetching_.lock()->erase(diff_id);
    changed_.notify_all();
  };
  try {
    if (options_.before_files) options_.before_files();
    options_.bases->fetch(diff_id);
    if (options_.imports != nullptr) options_.imports->confirm(diff_id);
  } catch (...) {
    end();
    throw;
  }
  end();
}

void AbsentLayers::tell(std::span<const base::Digest> missing) {
  struct Share {
    std::size_t layers = 0;
    std::uint64_t bytes = 0;
  };
  std::map<std::string, Share> shares;  // by where they come from
  for (const base::Digest& diff_id : missing) {
    const auto note = [&](const std::string& origin, std::uint64_t bytes) {
      ++shares[origin].layers;
      shares[origin].bytes += bytes;
    };
    if (options_.bases != nullptr) {
      if (const auto found = options_.bases->locate(diff_id)) {
        note(registry::parse_reference(found->reference).familiar(),
             found->blob.size_bytes);
        continue;
      }
    }
    if (options_.imports == nullptr) continue;
    if (const auto found = options_.imports->locate(diff_id)) {
      note(found->source->describe(), found->layer.blob.size_bytes);
    }
  }
  for (const auto& [origin, share] : shares) {
    options_.on_fetch(share.layers, share.bytes, origin);
  }
}

void AbsentLayers::fetch(std::span<const base::Digest> diff_ids) {
  std::vector<base::Digest> missing;
  std::set<base::Digest> seen;
  for (const base::Digest& diff_id : diff_ids) {
    if (seen.insert(diff_id).second && !store_.layers().has_files(diff_id)) {
      missing.push_back(diff_id);
    }
  }
  if (missing.empty()) return;
  // First, as it may want to be the only thread.
  if (options_.before_files) options_.before_files();
  if (options_.on_fetch) tell(missing);
  run_parallel(missing.size(), kMostAtOnce,
               [&](std::size_t number) { fetch(missing[number]); });
}

}  // namespace builder
