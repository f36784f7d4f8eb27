#include "cli/cache_filter.h"

#include <fmt/format.h>

#include <array>
#include <regex>
#include <string_view>

#include "base/error.h"
#include "cli/until_filter.h"
#include "parser/values.h"

namespace cli {
namespace {

using builder::CacheItem;
using std::chrono::sys_seconds;
using Test = std::function<bool(const CacheItem&)>;

enum class Relation { present, equal, unequal, matches };

struct Selector {
  std::string key;
  Relation relation = Relation::present;
  std::string value;
};

base::Error wrong(const std::string& filter, const std::string& why) {
  return base::Error(base::ErrorKind::usage,
                     fmt::format("--filter \"{}\": {}", filter, why));
}

Selector read_selector(const std::string& filter) {
  const std::size_t equals = filter.find('=');
  if (equals == std::string::npos) return {filter, Relation::present, {}};
  Selector selector{filter.substr(0, equals), Relation::equal,
                    filter.substr(equals + 1)};
  if (selector.key.ends_with('!')) selector.relation = Relation::unequal;
  if (selector.key.ends_with('~')) selector.relation = Relation::matches;
  if (selector.relation != Relation::equal) {
    selector.key.pop_back();
  } else if (selector.value.starts_with('=')) {
    selector.value.erase(0, 1);  // "==" is "="
  }
  return selector;
}

bool read_truth(const std::string& filter, const Selector& selector) {
  if (selector.relation == Relation::present) return true;
  const bool is_true = selector.value == "true" || selector.value == "1";
  const bool is_false = selector.value == "false" || selector.value == "0";
  if ((!is_true && !is_false) || selector.relation == Relation::matches) {
    throw wrong(filter, "is true or false");
  }
  return is_true == (selector.relation == Relation::equal);
}

Test test_of_text(const std::string& filter, const Selector& selector,
                  std::string (*text)(const CacheItem&), bool takes_prefix) {
  const std::string value = selector.value;
  if (selector.relation == Relation::present) {
    throw wrong(filter, "wants a value");
  }
  if (selector.relation == Relation::matches) {
    try {
      return [text, pattern = std::regex(value)](const CacheItem& item) {
        return std::regex_search(text(item), pattern);
      };
    } catch (const std::regex_error& error) {
      throw wrong(filter, error.what());
    }
  }
  const bool wants = selector.relation == Relation::equal;
  return [=](const CacheItem& item) {
    const std::string actual = text(item);
    const bool is_equal = takes_prefix && !value.empty()
                              ? actual.starts_with(value)
                              : actual == value;
    return is_equal == wants;
  };
}

Test test_of_flag(const std::string& filter, const Selector& selector,
                  bool (*flag)(const CacheItem&)) {
  const bool wanted = read_truth(filter, selector);
  return [=](const CacheItem& item) { return flag(item) == wanted; };
}

Test make_test(const std::string& filter, const Selector& selector,
               sys_seconds now) {
  const std::string& key = selector.key;
  if (key == "id") {
    return test_of_text(
        filter, selector, [](const CacheItem& item) { return item.id; }, true);
  }
  if (key == "description") {
    return test_of_text(
        filter, selector,
        [](const CacheItem& item) { return item.description; }, false);
  }
  if (key == "type") {
    return test_of_text(
        filter, selector, [](const CacheItem& item) { return item.type; },
        false);
  }
  if (key == "inuse") {
    return test_of_flag(filter, selector,
                        [](const CacheItem& item) { return item.is_in_use; });
  }
  if (key == "shared") {
    return test_of_flag(filter, selector,
                        [](const CacheItem& item) { return item.is_shared(); });
  }
  if (key == "private") {
    return test_of_flag(filter, selector, [](const CacheItem& item) {
      return !item.is_shared();
    });
  }
  if (key == "mutable")
    return test_of_flag(filter, selector, [](const CacheItem& item) {
      return item.is_mutable();
    });
  if (key == "immutable") {
    return test_of_flag(filter, selector, [](const CacheItem& item) {
      return !item.is_mutable();
    });
  }
  if (key == "until" || key == "unused-for") {
    if (selector.relation != Relation::equal) {
      throw wrong(filter, "wants a value behind \"=\"");
    }
    const sys_seconds limit = read_until(filter, selector.value, now);
    return [limit](const CacheItem& item) { return item.last_used < limit; };
  }
  const std::string near = parser::find_nearest(
      key, {"id", "description", "type", "inuse", "shared", "private",
            "mutable", "immutable", "until", "unused-for"});
  throw wrong(filter, fmt::format("there is no key \"{}\"", key))
      .hint(near.empty() ? "see --help"
                         : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace

CacheFilter read_cache_filter(const std::vector<std::string>& filters,
                              sys_seconds now) {
  std::vector<Test> tests;
  CacheFilter result;
  for (const std::string& filter : filters) {
    const Selector selector = read_selector(filter);
    result.has_age |= selector.key == "until" || selector.key == "unused-for";
    tests.push_back(make_test(filter, selector, now));
  }
  result.passes = [tests](const CacheItem& item) {
    for (const Test& test : tests) {
      if (!test(item)) return false;
    }
    return true;
  };
  return result;
}

}  // namespace cli
