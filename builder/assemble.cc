#include "builder/assemble.h"

#include <fmt/chrono.h>

#include <algorithm>

#include "base/error.h"

namespace builder {
namespace {

// What BlobStore::read takes.
constexpr std::size_t kMaxConfigBytes = 16U << 20U;

bool has_all_tags(store::Store& store, const base::Digest& id,
                  const std::vector<std::string>& tags) {
  return std::all_of(tags.begin(), tags.end(), [&](const std::string& tag) {
    const auto image = store.images().find_tag(tag);
    return image && image->id == id;
  });
}

// Whether a registry has said since what one of these names is.
bool has_resolved(store::Store& store, const std::vector<std::string>& tags) {
  const auto known = store.resolved_images().list();
  return std::any_of(
      known.begin(), known.end(), [&](const store::ResolvedName& name) {
        return std::find(tags.begin(), tags.end(), name.reference) !=
               tags.end();
      });
}

}  // namespace

std::string render_time(std::chrono::sys_seconds time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

store::ImageConfig make_image_config(const Plan& plan,
                                     const std::vector<StepResult>& results) {
  store::ImageConfig config = plan.config;
  // Entries without a layer happened right after the layer before them. An
  // image without any layer or base was made at no time in particular.
  std::string latest = render_time(std::chrono::sys_seconds{});
  for (const store::HistoryEntry& entry : config.history) {
    if (!entry.created.empty()) latest = entry.created;
  }
  for (const PlannedHistory& planned : plan.history) {
    if (planned.vertex) {
      latest = render_time(results[*planned.vertex].created);
    }
    store::HistoryEntry entry = planned.entry;
    entry.created = plan.epoch ? render_time(*plan.epoch) : latest;
    entry.comment = "strake";
    config.history.push_back(std::move(entry));
  }
  config.created = plan.epoch ? render_time(*plan.epoch) : latest;
  if (plan.result) {
    config.diff_ids = results[*plan.result].snapshot.diff_ids();
  }
  return config;
}

base::Digest store_image(store::Store& store, const store::ImageConfig& config,
                         const std::vector<std::string>& tags) {
  const std::string text = store::render_image_config(config);
  if (text.size() > kMaxConfigBytes) {
    throw base::Error(
        base::ErrorKind::invalid_dockerfile,
        fmt::format("the image's configuration would have {} bytes; at most {} "
                    "are read back",
                    text.size(), kMaxConfigBytes))
        .hint("ENV, LABEL and RUN texts all go into it");
  }
  const base::Digest id = base::Digest::of(text);
  const bool is_stored = store.images().find_id(id.str()).has_value();
  if (is_stored && has_all_tags(store, id, tags) &&
      !has_resolved(store, tags)) {
    return id;
  }
  const store::Lease lease = store.lease();
  return store.images().put(lease, config, tags).id;
}

}  // namespace builder
