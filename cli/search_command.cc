// strake search: images at registries, by a word of their names.
#include <fmt/format.h>

#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/clean_text.h"
#include "cli/command.h"
#include "cli/image_json.h"
#include "cli/interrupt.h"
#include "cli/registries.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cli/text_width.h"
#include "cli/tls_flag.h"
#include "parser/values.h"
#include "registry/reference.h"
#include "registry/search.h"

namespace cli {
namespace {

using registry::FoundRepository;

constexpr std::uint64_t kUsualCount = 25;
constexpr std::uint64_t kMostCount = 100;  // that docker.io gives at once
constexpr std::size_t kDescriptionColumns = 45;

std::optional<std::uint64_t> find_count(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return count;
}

struct Filter {
  std::uint64_t least_stars = 0;
  std::optional<bool> is_official;
  std::optional<bool> is_automated;

  bool passes(const FoundRepository& one) const {
    return one.stars >= least_stars &&
           is_official.value_or(one.is_official) == one.is_official &&
           is_automated.value_or(one.is_automated) == one.is_automated;
  }
};

void read_filter(const std::string& word, Filter& filter) {
  const std::size_t equals = word.find('=');
  const std::string key = word.substr(0, equals);
  const std::string value =
      equals == std::string::npos ? std::string() : word.substr(equals + 1);
  const bool is_true = value == "true" || value == "1";
  const bool is_switch = is_true || value == "false" || value == "0";
  if (const auto stars = find_count(value); key == "stars" && stars) {
    filter.least_stars = std::max(filter.least_stars, *stars);
  } else if (key == "is-official" && is_switch) {
    filter.is_official = is_true;
  } else if (key == "is-automated" && is_switch) {
    filter.is_automated = is_true;
  } else {
    const std::string near =
        parser::find_nearest(key, {"stars", "is-official", "is-automated"});
    throw usage_error(
        fmt::format("--filter \"{}\": wants stars=3, is-official=true or "
                    "is-automated=false",
                    word),
        near.empty() || near == key
            ? std::string()
            : fmt::format("did you mean \"{}\"?", near));
  }
}

std::uint64_t read_limit(const std::string& text) {
  const auto limit = find_count(text);
  if (!limit || *limit < 1 || *limit > kMostCount) {
    throw usage_error(fmt::format("--limit \"{}\": wants a number from 1 to {}",
                                  text, kMostCount),
                      {});
  }
  return *limit;
}

// What to look for, and where.
struct Term {
  std::string word;
  std::vector<std::string> registries;
};

Term read_term(const std::string& text, registry::Registries& registries) {
  if (text.find("://") != std::string::npos) {
    throw usage_error(
        fmt::format("\"{}\": a registry is named without \"://\"", text),
        "as in \"registry.example.com/word\"");
  }
  Term term{text, {}};
  const std::size_t slash = text.find('/');
  if (slash != std::string::npos && registry::names_registry(text)) {
    term.word = text.substr(slash + 1);
    term.registries = {
        registry::parse_reference(text.substr(0, slash) + "/x").domain};
  } else {
    term.registries = registries.unqualified_registries();
  }
  constexpr std::string_view kLibrary = "library/";
  if (term.registries.front() == registry::kHub) {
    if (term.word.starts_with(kLibrary)) term.word.erase(0, kLibrary.size());
    if (term.word.empty()) {
      throw usage_error("there is no word to search docker.io for", {});
    }
  }
  return term;
}

class Search {
 public:
  Search(const Term& term, std::size_t most, registry::Registries& registries,
         std::stop_token stop)
      : term_(term),
        most_(most),
        registries_(registries),
        stop_(std::move(stop)) {}

  // Of several registries one may fail.
  std::vector<FoundRepository> run() const {
    std::vector<FoundRepository> all;
    std::size_t failures = 0;
    for (const std::string& name : term_.registries) {
      try {
        add(name, all);
      } catch (const base::Error& error) {
        if (error.kind() == base::ErrorKind::cancelled ||
            ++failures == term_.registries.size()) {
          throw;
        }
        std::cerr << fmt::format(
            "strake: warning: {}\n",
            clean_text(fmt::format("{}: {}", name, error.message())));
      }
    }
    return all;
  }

 private:
  // By names that can be pulled.
  void add(const std::string& name, std::vector<FoundRepository>& all) const {
    for (FoundRepository& one : registry::search(registries_.search_host(name),
                                                 term_.word, most_, stop_)) {
      if (name != registry::kHub && !one.name.starts_with(name + "/")) {
        one.name = name + "/" + one.name;
      }
      all.push_back(std::move(one));
    }
  }

  const Term& term_;
  std::size_t most_;
  registry::Registries& registries_;
  std::stop_token stop_;
};

// As docker shows them: lines of text, by each field.
void print(const std::vector<FoundRepository>& all, const std::string& format) {
  const bool is_json = format == "json";
  const auto show = [is_json](bool is_so) {
    if (is_json) return is_so ? "true" : "false";
    return is_so ? "[OK]" : "";
  };
  for (const FoundRepository& one : all) {
    print_formatted(format,
                    nlohmann::json{{"Name", one.name},
                                   {"Description", one.description},
                                   {"StarCount", std::to_string(one.stars)},
                                   {"IsOfficial", show(one.is_official)},
                                   {"IsAutomated", show(one.is_automated)}});
  }
}

void cut(FoundRepository& one, bool is_whole) {
  for (char& c : one.description) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  one.description = clean_line(one.description);
  if (is_whole) return;
  one.description = cut_text(one.description, kDescriptionColumns, "…");
}

}  // namespace

int run_search_command(Globals& globals, const Arguments& arguments) {
  std::string text;
  std::optional<std::string> limit;
  std::optional<std::string> format;
  std::vector<std::string> filters;
  bool is_whole = false;
  TlsFlag tls;
  Options options("search [flags] TERM",
                  "Finds images at docker.io or another registry.",
                  "strake search --filter is-official=true debian");
  options.list("-f,--filter", filters,
               "Only what is so: stars=3, is-official=true");
  options.value("--format", format, "json, or text with {{.Field}}");
  options.value("--limit", limit, "Most images of a registry (25; 100)");
  options.flag("--no-trunc", is_whole, "Whole descriptions");
  tls.add_to(options);
  options.operand("TERM", text,
                  "A word of their names; a registry in front, with a \"/\"");
  globals.add_to(options);
  if (!options.parse(arguments)) return 0;

  Filter filter;
  for (const std::string& word : filters) read_filter(word, filter);
  const std::uint64_t most = limit ? read_limit(*limit) : kUsualCount;
  const auto registries = make_registries(globals, tls.verifies());
  const Term term = read_term(text, *registries);
  InterruptWatcher interrupt;
  interrupt.start();
  auto all = Search(term, most, *registries, interrupt.token()).run();
  std::erase_if(all, [&](const auto& one) { return !filter.passes(one); });
  for (FoundRepository& one : all) cut(one, is_whole);
  if (format) {
    print(all, *format);
    return 0;
  }
  Table table({"NAME", "DESCRIPTION", "STARS", "OFFICIAL"});
  for (const FoundRepository& one : all) {
    table.add({one.name, one.description, std::to_string(one.stars),
               one.is_official ? "[OK]" : ""});
  }
  std::cout << table.render();
  return 0;
}

}  // namespace cli
