// The build context: a local directory seen through its ignore file, as a tree
// that COPY, ADD and bind mounts read.
//
// The directory is walked once, when something first asks, and the walk only
// stats. File content is read only when a selected file's stat data differ
// from the ones its digest was recorded under (store/file_digests.h).
// Threads: all members may be called at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/guarded.h"
#include "base/trace.h"
#include "builder/context_walk.h"
#include "builder/file_selection.h"
#include "builder/ignore_rules.h"
#include "store/file_digests.h"
#include "store/merged_tree.h"

namespace builder {

class BuildContext {
 public:
  BuildContext(ContextDirectory directory, NamedIgnore ignore,
               store::FileDigests& digests, std::stop_token stop = {},
               base::Trace* trace = nullptr);
  BuildContext(const BuildContext&) = delete;
  BuildContext& operator=(const BuildContext&) = delete;
  // Told before so much is read that it takes a while.
  using OnLongRead =
      std::function<void(std::size_t files, std::uint64_t bytes)>;
  void on_long_read(OnLongRead tell) { on_long_read_ = std::move(tell); }
  ~BuildContext();

  const std::filesystem::path& directory() const noexcept {
    return directory_.path;
  }
  const std::string& title() const noexcept { return directory_.title; }

  // Everything not ignored. Entry::content is filled for a socket alone, which
  // is copied as an empty file.
  // Throws: system, denied.
  const store::MergedTree& tree();

  // Fills the content digests of what was selected from tree(): reads what
  // changed. Throws: system, denied, with the path.
  void fill_content(SourceMatch& match);

  // A selected file that is no longer as it was when its digest was taken, or
  // an empty string. Its digest is forgotten, so that the next fill_content
  // reads it again.
  std::string find_change(const SourceMatch& match);

  // Whether the directory below `path` can be shown to a step as it is on
  // disk: nothing in it is ignored, all is owned as tree() has it, and no
  // socket, pipe or device is among it.
  bool is_plain_below(std::string_view path);

  // Whether its directory is the user's, not one that ends with the build.
  bool is_lasting() const noexcept { return directory_.is_lasting; }

  // "<ignore file> line <n>" of the rule that leaves out a path, cleaned, that
  // is there; empty when there is none.
  std::string find_ignore_rule(std::string_view path);
  // Why a path, cleaned, that COPY names is not there: the ignore file's line
  // that hides it, else the nearest existing name, else empty.
  std::string explain_absence(std::string_view path);
  // The ignore file's line that hides the first of what a wildcard would match;
  // empty when it hides nothing of that.
  std::string explain_no_match(const parser::PathPattern& pattern);

  // Records the digests read since the last call; none read, nothing written.
  void save_digests();

 private:
  struct State;
  State& load(State& state);
  std::string describe_hidden(const State& state) const;
  void load_known(State& state);
  std::optional<std::size_t> find_file(const State& state,
                                       std::string_view path,
                                       std::optional<std::size_t> last) const;
  void hash(State& state, const std::vector<std::size_t>& files);

  ContextDirectory directory_;
  NamedIgnore ignore_;
  store::FileDigests& digests_;
  std::stop_token stop_;
  base::Trace* trace_;
  OnLongRead on_long_read_;
  base::Guarded<std::unique_ptr<State>> state_;
};

}  // namespace builder
