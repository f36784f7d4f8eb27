// Threads that share the walk of one large tree.
//
// Whoever walks asks from time to time whether somebody is idle, and then gives
// away the end of what lies before it: the second half of the names that are
// left in the outermost directory it has not finished. What is given away thus
// comes right behind all that the giver still does, and before all that it gave
// away earlier; so the parts' results, kept in that order, are the result of
// one walk. Small trees, which are most, never get a second thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "builder/context_walk.h"
#include "parser/ignore_file.h"

namespace builder {

class WalkCrew {
 public:
  using Results = std::list<WalkedContext>;

  // Some of the names in one directory, with all that is below them.
  struct Part {
    base::Fd directory;
    std::string path;                       // of the directory, in the context
    std::vector<std::string> names;         // sorted
    parser::IgnoreFile::Decision decision;  // about the directory
    Results::iterator result = {};          // where it goes; set by the crew
  };
  using Walk = std::function<void(WalkCrew& crew, Part part)>;

  // `walk` is called by several threads at once.
  explicit WalkCrew(Walk walk) : walk_(std::move(walk)) {}

  // Walks this part and all that is given away meanwhile. Throws: what `walk`
  // threw first.
  Results run(Part part);

  // For `walk`: the tree is large enough for more than one thread.
  void call_help();
  // Whether a part would be taken at once. Costs next to nothing.
  bool is_anyone_idle() const noexcept { return idle_ > 0; }
  // `part` comes right behind the giver's own result.
  void give(Part part, Results::iterator giver);
  // Whether some walk failed, so that the others need not go on.
  bool is_over() const noexcept { return is_over_; }

 private:
  void work();

  Walk walk_;
  std::mutex mutex_;  // of what follows
  std::condition_variable has_changed_;
  Results results_;
  std::vector<Part> parts_;  // that nobody has taken yet
  std::size_t busy_ = 0;
  bool is_helped_ = false;
  std::exception_ptr failure_;
  // Threads that wait, less the parts that wait for them.
  std::atomic<int> idle_ = 0;
  std::atomic<bool> is_over_ = false;
  std::vector<std::jthread> helpers_;
};

}  // namespace builder
