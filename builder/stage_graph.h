// Which stages of a file use which: what decides the stages that a target
// needs, before any of them is planned.
//
// An edge is a FROM, a COPY --from, a mount's from, or one of these in an
// ONBUILD that the stage runs. A stage uses stages above it only, so the graph
// that is built has no cycles; text can ask for one all the same, and BuildKit
// refuses that in any stage, reached or not. Time is linear in the file.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/diagnostic.h"

namespace builder {

// A `from` as an instruction writes it.
struct SourceName {
  std::string text;
  parser::Range range;
  bool takes_numbers;  // COPY --from does, a mount's from does not
};
std::vector<SourceName> source_names(const parser::Instruction& instruction);

class StageGraph {
 public:
  // `bases` are the images of FROM, expanded, one for each stage; `file` must
  // outlive the graph. Throws: invalid_dockerfile for a number that no stage
  // has and for a cycle.
  StageGraph(const SourceFile& file, const std::vector<std::string>& bases);

  // The last stage above `before` of exactly this name.
  std::optional<std::size_t> find_above(std::string_view name,
                                        std::size_t before) const;
  // What a `from` in stage `user` means: a stage above it, else the stage
  // itself or one below, by name in any case or by number. None: an image or
  // context. Throws: invalid_dockerfile for a number that no stage has.
  std::optional<std::size_t> find_source(const SourceName& source,
                                         std::size_t user) const;

  // The sources that a trigger of the base image of `user` names, with the
  // place of its FROM. Throws as the constructor does.
  void add_trigger(const parser::Instruction& trigger, std::size_t user,
                   const parser::Range& from);

  // The stages above `user` that it names.
  std::vector<std::size_t> used_by(std::size_t user) const;

 private:
  struct Use {
    std::size_t used;
    SourceName source;
  };
  void add(const parser::Instruction& instruction, std::size_t user,
           const parser::Range* place);
  void refuse_cycles() const;
  base::Error cycle_error(const std::vector<std::size_t>& users,
                          const std::vector<const Use*>& uses) const;
  std::string name_of(std::size_t stage) const;

  const SourceFile& file_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> named_;
  std::vector<std::vector<Use>> uses_;  // by user
};

}  // namespace builder
