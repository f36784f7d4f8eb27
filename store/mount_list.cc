#include "store/mount_list.h"

#include <fmt/format.h>

#include <span>

#include "base/error.h"
#include "store/content_chunks.h"
#include "store/descriptor_json.h"
#include "store/json_object.h"

namespace store {
namespace {

using nlohmann::json;

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kMostId = 0xfffffffe;  // -1 is nobody's

std::uint32_t read_number(const JsonObject& object, const char* key,
                          std::int64_t most) {
  const std::int64_t number = object.integer(key);
  if (number < 0 || number > most) object.refuse(key, "is out of range");
  return static_cast<std::uint32_t>(number);
}

}  // namespace

base::Digest MountList::content() const {
  base::Hasher hasher;
  hasher.update(fmt::format("{:o} {}:{}\n", mode, owner.uid, owner.gid));
  for (const MountChunk& chunk : chunks) {
    hasher.update(std::as_bytes(std::span(chunk.content.bytes())));
  }
  return hasher.finish();
}

std::uint64_t MountList::tar_bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const MountChunk& chunk : chunks) sum += chunk.bytes;
  return sum;
}

MountList parse_mount_list(std::string_view text) {
  const std::string what = "list of a cache mount";
  const json parsed = parse_json(text, what);
  const JsonObject document(parsed, what);
  if (document.integer("version") != kVersion) {
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("the {} has format {}, and this strake knows "
                                  "format {}",
                                  what, document.integer("version"), kVersion));
  }
  MountList list;
  list.mode = read_number(document, "mode", 07777);
  list.owner.uid = read_number(document, "uid", kMostId);
  list.owner.gid = read_number(document, "gid", kMostId);
  document.for_each_object("chunks", [&](const JsonObject& object) {
    MountChunk chunk;
    const auto content = base::Digest::find_in(object.text("content"));
    if (!content) object.refuse("content", "must be a sha256 digest");
    chunk.content = *content;
    chunk.bytes = read_number(object, "bytes", kMostChunkBytes);
    const auto blob = object.object("blob");
    if (!blob) object.refuse("blob", "is missing");
    chunk.blob = read_descriptor(*blob);
    list.chunks.push_back(std::move(chunk));
  });
  return list;
}

std::string render_mount_list(const MountList& list) {
  json chunks = json::array();
  for (const MountChunk& chunk : list.chunks) {
    chunks.push_back({{"content", chunk.content.str()},
                      {"bytes", chunk.bytes},
                      {"blob", write_descriptor(chunk.blob)}});
  }
  return render_json({{"version", kVersion},
                      {"mode", list.mode},
                      {"uid", list.owner.uid},
                      {"gid", list.owner.gid},
                      {"chunks", std::move(chunks)}});
}

}  // namespace store
