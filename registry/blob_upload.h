// A blob on its way into a repository: distribution-spec v1.1 "Pushing blobs".
//
// Bytes go up while they are made, in one request, and their digest is told at
// the end; a blob whose digest is known before goes in a single PUT. What was
// cut goes on from where the registry says it is: what it has is made again and
// not sent again. A registry that keeps nothing of a request that was cut gets
// the rest in chunks, each of which is sent until it is there; so does one that
// takes no body of that size (413), until chunks are of a megabyte.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "registry/repository.h"

namespace registry {

// Gives all bytes of a blob to `sink`, the same ones each time it is called.
using MakeBlob =
    std::function<void(const std::function<void(std::string_view)>& sink)>;

// Told how many bytes the registry has taken, from the first one.
using OnUpload = std::function<void(std::uint64_t bytes)>;

// Not for several threads.
class BlobUpload {
 public:
  // The repository must outlive it.
  BlobUpload(const Repository& to, std::stop_token stop,
             OnUpload on_bytes = {});

  // Whether the registry has taken the blob from another repository of its own.
  // If not, it may have begun an upload instead, which run() then uses.
  bool mount(const base::Descriptor& blob, const std::string& from_path);

  // `known`: what it will be, where that is known; its media type is kept.
  // Returns what was stored.
  // Throws: corrupt when `make` gives other bytes than it is known for; what it
  // throws; as Repository.
  base::Descriptor run(const std::optional<base::Descriptor>& known,
                       const MakeBlob& make);

 private:
  bool try_mount(const base::Descriptor& blob, const std::string& from_path);
  void start();
  void try_once(const MakeBlob& make);
  void send(const MakeBlob& make, const Call& wanted);
  bool try_send(const MakeBlob& make, Call& call);
  void check_size(Call call, RegistryReply& reply, std::uint64_t sent_bytes);
  void send_chunks(const MakeBlob& make);
  void send_chunk(std::string_view bytes);
  void patch(std::string_view bytes);
  void commit();
  bool is_there_after_all();
  void ask_state();
  void take_upload(const HttpReply& head, const std::string& asked);
  void take_location(const HttpReply& head, const std::string& asked);
  void check_known(const HttpReply& head);
  void check_stored(const HttpReply& head) const;
  void wait(const base::Error& error);
  void cancel() noexcept;
  void check_whole(const base::Descriptor& made);

  const Repository& to_;
  RegistryHost& host_;
  std::stop_token stop_;
  OnUpload on_bytes_;
  Scopes scopes_;
  std::string location_;        // of the upload; empty: none is begun
  std::uint64_t received_ = 0;  // what the registry has of it
  bool is_in_doubt_ = false;    // ask before going on
  bool was_restarted_ = false;
  std::uint64_t best_received_ = 0;
  std::uint64_t sent_ = 0;  // by the last request
  Retry retry_;
  bool has_given_up_ = false;
  std::size_t chunk_bytes_ = 0;  // 0: all at once
  std::size_t least_chunk_bytes_;
  std::optional<base::Descriptor> known_;
  std::optional<base::Descriptor> whole_;  // after all of it was made once
};

}  // namespace registry
