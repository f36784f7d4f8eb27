#include "parser/keyword.h"

#include <array>

#include "parser/ascii.h"

namespace parser {

namespace {

using Kind = FlagSpec::Kind;

constexpr std::array kFromFlags = {FlagSpec{"platform"}};
constexpr std::array kRunFlags = {FlagSpec{"mount", Kind::repeated},
                                  FlagSpec{"network"}, FlagSpec{"security"},
                                  FlagSpec{"device", Kind::repeated}};
constexpr std::array kCopyFlags = {FlagSpec{"from"},
                                   FlagSpec{"chown"},
                                   FlagSpec{"chmod"},
                                   FlagSpec{"link", Kind::boolean},
                                   FlagSpec{"parents", Kind::boolean},
                                   FlagSpec{"exclude", Kind::repeated}};
constexpr std::array kAddFlags = {FlagSpec{"chown"},
                                  FlagSpec{"chmod"},
                                  FlagSpec{"link", Kind::boolean},
                                  FlagSpec{"checksum"},
                                  FlagSpec{"keep-git-dir", Kind::boolean},
                                  FlagSpec{"unpack", Kind::boolean},
                                  FlagSpec{"exclude", Kind::repeated}};
constexpr std::array kHealthcheckFlags = {
    FlagSpec{"interval"}, FlagSpec{"timeout"}, FlagSpec{"start-period"},
    FlagSpec{"start-interval"}, FlagSpec{"retries"}};

struct Entry {
  Keyword keyword;
  std::string_view name;
  std::span<const FlagSpec> flags = {};
};

// In the order of the enumerators, which index it.
constexpr std::array kTable = {
    Entry{Keyword::add, "ADD", kAddFlags},
    Entry{Keyword::arg, "ARG"},
    Entry{Keyword::cmd, "CMD"},
    Entry{Keyword::copy, "COPY", kCopyFlags},
    Entry{Keyword::entrypoint, "ENTRYPOINT"},
    Entry{Keyword::env, "ENV"},
    Entry{Keyword::expose, "EXPOSE"},
    Entry{Keyword::from, "FROM", kFromFlags},
    Entry{Keyword::healthcheck, "HEALTHCHECK", kHealthcheckFlags},
    Entry{Keyword::label, "LABEL"},
    Entry{Keyword::maintainer, "MAINTAINER"},
    Entry{Keyword::onbuild, "ONBUILD"},
    Entry{Keyword::run, "RUN", kRunFlags},
    Entry{Keyword::shell, "SHELL"},
    Entry{Keyword::stopsignal, "STOPSIGNAL"},
    Entry{Keyword::user, "USER"},
    Entry{Keyword::volume, "VOLUME"},
    Entry{Keyword::workdir, "WORKDIR"},
};

constexpr bool is_in_enumerator_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].keyword) != i) return false;
  }
  return true;
}
static_assert(is_in_enumerator_order());

const Entry& entry_of(Keyword keyword) {
  return kTable[static_cast<std::size_t>(keyword)];
}

}  // namespace

std::string_view render_keyword(Keyword keyword) {
  return entry_of(keyword).name;
}

std::optional<Keyword> find_keyword(std::string_view word) {
  for (const Entry& entry : kTable) {
    if (equal_ignoring_case(entry.name, word)) return entry.keyword;
  }
  return std::nullopt;
}

const std::vector<std::string_view>& keyword_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Entry& entry : kTable) all.push_back(entry.name);
    return all;
  }();
  return names;
}

std::span<const FlagSpec> known_flags(Keyword keyword) {
  return entry_of(keyword).flags;
}

}  // namespace parser
