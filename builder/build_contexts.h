// The build contexts of one build: the main one, number 0, and the directories
// that --build-context names, in the order they were given, from 1 on. Each is
// opened when something first reads it.
// Threads: all members may be called at once.
#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <vector>

#include "base/guarded.h"
#include "base/trace.h"
#include "builder/build_context.h"
#include "builder/context_form.h"
#include "store/file_digests.h"

namespace builder {

class BuildContexts {
 public:
  // Both must outlive it.
  BuildContexts(const NamedContexts& named, store::FileDigests& digests,
                std::stop_token stop = {}, base::Trace* trace = nullptr);
  // The main one; once, before anything is asked for.
  void add_main(ContextDirectory directory, NamedIgnore ignore);
  // Told before so much of any is read that it takes a while.
  void on_long_read(BuildContext::OnLongRead tell);

  // Reads a named directory's own ignore file the first time.
  // Throws: invalid_dockerfile (an ignore rule), system, denied.
  BuildContext& at(std::size_t number);

  // Records the digests read since the last call.
  void save_digests();

 private:
  std::unique_ptr<BuildContext> open(const NamedContext& named) const;

  const NamedContexts& named_;
  store::FileDigests& digests_;
  std::stop_token stop_;
  base::Trace* trace_;
  BuildContext::OnLongRead on_long_read_;
  base::Guarded<std::vector<std::unique_ptr<BuildContext>>> contexts_;
};

}  // namespace builder
