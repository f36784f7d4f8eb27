// Progress as lines, one per event, in docker's shape:
//
//   #4 [build 2/5] RUN make
//   #4 0.31 cc -o hello hello.c
//   #4 DONE 1.2s
//
// and, for --progress quiet, nothing but warnings.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/guarded.h"
#include "builder/progress.h"

namespace cli {

class PlainProgress : public builder::Progress {
 public:
  void planned(const builder::Plan& plan) override;
  void started(std::size_t number, const builder::Vertex& vertex) override;
  void output(std::size_t number, runtime::Stream stream,
              std::string_view bytes) override;
  void cached(std::size_t number) override;
  void done(std::size_t number, std::chrono::milliseconds elapsed) override;
  void failed(std::size_t number, const base::Error& error) override;
  void warning(std::string_view text) override;

 private:
  struct Step {
    std::chrono::steady_clock::time_point start;
    std::string partial[2];  // a line that is not whole yet, by stream
  };
  static void flush_lines(std::size_t number, Step& step);
  base::Guarded<std::map<std::size_t, Step>> steps_;
};

class QuietProgress : public builder::Progress {
 public:
  void planned(const builder::Plan& plan) override;
  void started(std::size_t, const builder::Vertex&) override {}
  void output(std::size_t, runtime::Stream, std::string_view) override {}
  void cached(std::size_t) override {}
  void done(std::size_t, std::chrono::milliseconds) override {}
  void failed(std::size_t, const base::Error&) override {}
  void warning(std::string_view text) override;
};

}  // namespace cli
