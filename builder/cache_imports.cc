#include "builder/cache_imports.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"
#include "builder/layer_fetch.h"
#include "store/decompressor.h"

namespace builder {
namespace {

// Each unpacks one layer; a hash runs beside it.
constexpr std::size_t kMostAtOnce = 4;
constexpr std::uint64_t kMostIndexBytes = std::uint64_t{256} << 20U;

}  // namespace

class CacheImports::Work {
 public:
  explicit Work(CacheImports& imports) : imports_(imports) {
    const auto state = imports_.state_.lock();
    if (state->busy++ == 0) state->busy_since = Clock::now();
  }
  ~Work() {
    const auto state = imports_.state_.lock();
    if (--state->busy == 0) {
      state->busy_time += Clock::now() - state->busy_since;
    }
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  CacheImports& imports_;
};

CacheImports::CacheImports(store::Store& store,
                           std::vector<std::unique_ptr<CacheSource>> sources,
                           Progress& progress, Options options)
    : store_(store), progress_(progress), options_(std::move(options)) {
  const auto state = state_.lock();
  for (auto& source : sources) {
    state->sources.push_back({std::move(source), nullptr});
  }
}

void CacheImports::serve() { store_.layers().ask_for_absent(this); }

CacheImports::~CacheImports() { store_.layers().ask_for_absent(nullptr); }

// The index of a source, null when it is of no use.
const store::CacheIndex* CacheImports::open(std::size_t number) {
  std::shared_ptr<CacheSource> from;
  {
    const auto state = state_.lock();
    const Source& source = state->sources[number];
    if (source.is_dropped) return nullptr;
    if (source.index) return source.index.get();
    from = source.from;
  }
  const Work work(*this);
  base::Span span(options_.trace, "cache", "import");
  span.add("source", from->describe());
  try {
    CacheSource::Contents contents = from->read_index();
    span.add("records", contents.index.records.size());
    span.add("layers", contents.index.layers.size());
    read_bytes_ += contents.read_bytes;
    if (!contents.warning.empty()) progress_.warning(contents.warning);
    auto index =
        std::make_shared<const store::CacheIndex>(std::move(contents.index));
    const auto state = state_.lock();
    state->sources[number].index = index;
    return index.get();
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    drop(number, error.message(), nullptr);
  } catch (const std::exception& error) {  // memory, say
    drop(number, error.what(), nullptr);
  }
  return nullptr;
}

void CacheImports::drop(std::size_t number, const std::string& why,
                        const store::CachedLayer* layer) {
  std::string name;
  {
    const auto state = state_.lock();
    if (layer != nullptr) {
      // The solve starts again: nothing of this source is believed any more.
      state->indexes.clear();
      state->index_memory = 0;
      state->waiting.clear();
      if (layer->blob.digest.is_set()) {
        state->damaged.insert(layer->blob.digest);
      }
      if (layer->index) state->damaged.insert(layer->index->digest);
    }
    Source& source = state->sources[number];
    if (std::exchange(source.is_dropped, true)) return;
    name = source.from->describe();
  }
  progress_.warning(fmt::format("the cache {} is not used: {}", name, why));
}

// The layer that is here counts more than what is said of it; where this
// machine could not hold it as it is, it says nothing.
bool CacheImports::is_of_its_layer(const store::CachedStep& step,
                                   const store::CachedLayer& layer) const {
  const auto here = store_.layers().find(step.diff_id);
  if (here && here->source == store::LayerSource::canonical) {
    return here->stable_digest == step.stable_digest;
  }
  return !layer.stable_digest.is_set() ||
         layer.stable_digest == step.stable_digest;
}

std::optional<CacheImports::Hit> CacheImports::find(const base::Digest& key,
                                                    DigestOf digest) {
  const std::size_t count = state_.lock()->sources.size();
  for (std::size_t i = 0; i < count; ++i) {
    const store::CacheIndex* const index = open(i);
    if (index == nullptr) continue;
    const auto step = index->records.find(key);
    if (step == index->records.end()) continue;
    const auto layer = index->layers.find(step->second.diff_id);
    // A layer that the cache has lost may be here.
    const store::CachedLayer said =
        layer == index->layers.end() ? store::CachedLayer() : layer->second;
    const bool has_bytes = said.blob.digest.is_set();
    if (!has_bytes && !store_.layers().has_files(step->second.diff_id))
      continue;
    if (digest == DigestOf::layer && !is_of_its_layer(step->second, said)) {
      drop(i, fmt::format("record {}: it is not of its layer", key.brief()),
           &said);
      throw CacheLost();
    }
    return Hit{step->second, state_.lock()->sources[i].from->describe()};
  }
  return std::nullopt;
}

void CacheImports::keep(store::CacheRecord record) {
  const base::Digest diff_id = record.diff_id;
  state_.lock()->waiting[diff_id].push_back(std::move(record));
  if (store_.layers().has_files(diff_id)) publish_records(diff_id);
}

std::vector<store::CacheRecord> CacheImports::waiting(
    const base::Digest& diff_id) const {
  const auto state = state_.lock();
  const auto found = state->waiting.find(diff_id);
  if (found == state->waiting.end()) return {};
  return found->second;
}

void CacheImports::publish_records(const base::Digest& diff_id) {
  std::vector<store::CacheRecord> records;
  {
    const auto state = state_.lock();
    const auto found = state->waiting.find(diff_id);
    if (found == state->waiting.end()) return;
    records = std::move(found->second);
    state->waiting.erase(found);
  }
  for (const store::CacheRecord& record : records) store_.cache().put(record);
}

std::optional<CacheImports::Found> CacheImports::find_layer(
    const base::Digest& diff_id) const {
  const auto state = state_.lock();
  for (std::size_t i = 0; i < state->sources.size(); ++i) {
    const Source& source = state->sources[i];
    if (source.is_dropped || !source.index) continue;
    const auto layer = source.index->layers.find(diff_id);
    if (layer == source.index->layers.end()) continue;
    if (!layer->second.blob.digest.is_set()) continue;
    return Found{i, layer->second, source.from};
  }
  return std::nullopt;
}

template <typename Function>
auto CacheImports::guard(const Found& found, const Function& work) {
  std::string why;
  try {
    return work();
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    why = error.message();
  } catch (const CacheLost&) {
    throw;
  } catch (const std::exception& error) {
    why = error.what();
  }
  drop(found.source,
       fmt::format("layer {}: {}", found.layer.diff_id.brief(), why),
       &found.layer);
  throw CacheLost();
}

std::shared_ptr<const store::LayerIndex> CacheImports::find_index(
    const base::Digest& diff_id) {
  std::uint64_t room = 0;
  {
    const auto state = state_.lock();
    const auto known = state->indexes.find(diff_id);
    if (known != state->indexes.end()) return known->second;
    room = options_.most_index_memory -
           std::min(options_.most_index_memory, state->index_memory);
  }
  const auto found = find_known(diff_id);
  if (!found) {
    if (dropped() > 0) throw CacheLost();
    return nullptr;
  }
  if (!found->layer.index) {
    if (!found->layer.blob.digest.is_set()) return nullptr;  // a base's
    fetch(diff_id);
    return store_.layers().index(diff_id);
  }
  const Work work(*this);
  base::Span span(options_.trace, "cache", "index");
  span.add("layer", diff_id);
  auto index = guard(*found, [&] {
    const std::string bytes = store::decompress(
        read_blob(*found->from, *found->layer.index, kMostIndexBytes,
                  [this](std::size_t count) { read_bytes_ += count; }),
        std::min(found->layer.index_bytes, kMostIndexBytes));
    auto parsed = std::make_shared<const store::LayerIndex>(
        store::LayerIndex::parse(bytes, room));
    if (parsed->stable_digest() != found->layer.stable_digest) {
      throw base::Error(base::ErrorKind::corrupt,
                        "its index is not of its files");
    }
    return parsed;
  });
  const auto state = state_.lock();
  const auto [place, is_new] = state->indexes.emplace(diff_id, index);
  if (is_new) state->index_memory += index->memory_bytes();
  return place->second;
}

void CacheImports::fetch(const base::Digest& diff_id) {
  {
    auto state = state_.lock();
    changed_.wait(state.mutex_lock(),
                  [&] { return !state->fetching.contains(diff_id); });
    if (store_.layers().has_files(diff_id)) return;
    state->fetching.insert(diff_id);
  }
  const auto end = [&] {
    state_.lock()->fetching.erase(diff_id);
    changed_.notify_all();
  };
  try {
    if (const auto found = find_layer(diff_id)) {
      guard(*found, [&] { extract(*found); });
    } else if (dropped() > 0) {
      throw CacheLost();
    }
  } catch (...) {
    end();
    throw;
  }
  end();
}

void CacheImports::extract(const Found& found) {
  if (options_.before_files) options_.before_files();
  const Work work(*this);
  base::Span span(options_.trace, "cache", "layer");
  span.add("layer", found.layer.diff_id);
  span.add("bytes", found.layer.blob.size_bytes);
  fetch_layer(store_, *found.from, found.layer, options_.stop,
              [this](std::size_t count) { read_bytes_ += count; });
  publish_records(found.layer.diff_id);
}

void CacheImports::fetch(std::span<const base::Digest> diff_ids) {
  std::vector<base::Digest> missing;
  std::set<base::Digest> seen;
  for (const base::Digest& diff_id : diff_ids) {
    if (seen.insert(diff_id).second && !store_.layers().has_files(diff_id)) {
      missing.push_back(diff_id);
    }
  }
  if (missing.empty()) return;
  std::uint64_t bytes = 0;
  std::string origin;
  for (const base::Digest& diff_id : missing) {
    if (const auto found = find_layer(diff_id)) {
      bytes += found->layer.blob.size_bytes;
      origin = found->from->describe();
    }
  }
  // First, as it may want to be the only thread.
  if (options_.before_files) options_.before_files();
  if (!origin.empty()) progress_.fetching(missing.size(), bytes, origin);
  std::atomic<std::size_t> next = 0;
  base::Guarded<std::exception_ptr> failure;
  const auto take = [&] {
    while (!*failure.lock()) {
      const std::size_t number = next++;
      if (number >= missing.size()) return;
      try {
        fetch(missing[number]);
      } catch (...) {
        const auto first = failure.lock();
        if (!*first) *first = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    try {
      for (std::size_t i = 1; i < std::min(missing.size(), kMostAtOnce); ++i) {
        threads.emplace_back(take);
      }
    } catch (const std::system_error&) {
      // No more threads are allowed here: those there are do it.
    }
    take();
  }
  if (const auto first = failure.lock(); *first) {
    std::rethrow_exception(*first);
  }
}

CacheImportCost CacheImports::cost() const {
  const auto state = state_.lock();
  return {read_bytes_, std::chrono::duration_cast<std::chrono::milliseconds>(
                           state->busy_time)};
}

std::size_t CacheImports::dropped() const {
  const auto state = state_.lock();
  return static_cast<std::size_t>(
      std::count_if(state->sources.begin(), state->sources.end(),
                    [](const Source& source) { return source.is_dropped; }));
}

std::set<base::Digest> CacheImports::damaged() const {
  return state_.lock()->damaged;
}

}  // namespace builder
