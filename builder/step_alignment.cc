#include "builder/step_alignment.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

namespace builder {
namespace {

using Places = std::vector<std::size_t>;
using Matches = std::vector<std::optional<std::size_t>>;

constexpr std::size_t kMostCells = 40'000;
constexpr int kEqual = 1'000;
constexpr int kSameKeyword = 10;
constexpr int kAllWords = 100;

std::string_view keyword_of(std::string_view text) {
  return text.substr(0, text.find(' '));
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = text.find_first_not_of(" \n\t");
    if (start == std::string_view::npos) break;
    const std::size_t end = text.find_first_of(" \n\t", start);
    words.push_back(text.substr(start, end - start));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end);
  }
  std::sort(words.begin(), words.end());
  return words;
}

class StageAlignment {
 public:
  StageAlignment(const std::vector<WrittenStep>& was,
                 const std::vector<WrittenStep>& is, Matches& matches)
      : was_(was), is_(is), matches_(matches) {}

  void align(Places old_places, Places new_places) {
    take_equal_ends(old_places, new_places);
    if (old_places.empty() || new_places.empty()) return;
    if (old_places.size() * new_places.size() > kMostCells) {
      pair_equal(old_places, new_places);
    } else {
      pair_best(old_places, new_places);
    }
  }

 private:
  bool are_equal(std::size_t old_place, std::size_t new_place) const {
    return was_[old_place].text == is_[new_place].text;
  }

  void take_equal_ends(Places& old_places, Places& new_places) {
    std::size_t start = 0;
    std::size_t old_end = old_places.size();
    std::size_t new_end = new_places.size();
    while (start < std::min(old_end, new_end) &&
           are_equal(old_places[start], new_places[start])) {
      matches_[new_places[start]] = old_places[start];
      ++start;
    }
    while (std::min(old_end, new_end) > start &&
           are_equal(old_places[old_end - 1], new_places[new_end - 1])) {
      matches_[new_places[--new_end]] = old_places[--old_end];
    }
    const auto cut = [start](Places& places, std::size_t end) {
      places = Places(places.begin() + static_cast<std::ptrdiff_t>(start),
                      places.begin() + static_cast<std::ptrdiff_t>(end));
    };
    cut(old_places, old_end);
    cut(new_places, new_end);
  }

  // In order, as far as they are equal.
  void pair_equal(const Places& old_places, const Places& new_places) {
    std::unordered_map<std::string_view, Places> known;
    for (auto it = old_places.rbegin(); it != old_places.rend(); ++it) {
      known[was_[*it].text].push_back(*it);
    }
    for (const std::size_t place : new_places) {
      const auto found = known.find(is_[place].text);
      if (found == known.end() || found->second.empty()) continue;
      matches_[place] = found->second.back();
      found->second.pop_back();
    }
  }

  int score(std::size_t old_place, std::size_t new_place) {
    if (are_equal(old_place, new_place)) return kEqual;
    if (keyword_of(was_[old_place].text) != keyword_of(is_[new_place].text)) {
      return 0;
    }
    const auto& old_words = words(old_words_, was_, old_place);
    const auto& new_words = words(new_words_, is_, new_place);
    std::vector<std::string_view> shared;
    std::set_intersection(old_words.begin(), old_words.end(), new_words.begin(),
                          new_words.end(), std::back_inserter(shared));
    const std::size_t most = std::max(old_words.size(), new_words.size());
    return kSameKeyword +
           static_cast<int>(kAllWords * shared.size() / std::max(most, 1UL));
  }

  using Words = std::map<std::size_t, std::vector<std::string_view>>;
  static const std::vector<std::string_view>& words(
      Words& known, const std::vector<WrittenStep>& steps, std::size_t place) {
    const auto [it, is_new] = known.try_emplace(place);
    if (is_new) it->second = words_of(steps[place].text);
    return it->second;
  }

  void pair_best(const Places& old_places, const Places& new_places) {
    const std::size_t rows = old_places.size();
    const std::size_t columns = new_places.size();
    // best[i][j]: of what follows the first i and j.
    std::vector<std::vector<int>> best(rows + 1, std::vector<int>(columns + 1));
    std::vector<std::vector<int>> pair(rows, std::vector<int>(columns));
    for (std::size_t i = rows; i-- > 0;) {
      for (std::size_t j = columns; j-- > 0;) {
        pair[i][j] = score(old_places[i], new_places[j]);
        best[i][j] = std::max(best[i + 1][j], best[i][j + 1]);
        if (pair[i][j] > 0) {
          best[i][j] = std::max(best[i][j], best[i + 1][j + 1] + pair[i][j]);
        }
      }
    }
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < rows && j < columns) {
      if (pair[i][j] > 0 && best[i][j] == best[i + 1][j + 1] + pair[i][j]) {
        matches_[new_places[j++]] = old_places[i++];
      } else if (best[i][j] == best[i + 1][j]) {
        ++i;
      } else {
        ++j;
      }
    }
  }

  const std::vector<WrittenStep>& was_;
  const std::vector<WrittenStep>& is_;
  Matches& matches_;
  Words old_words_;
  Words new_words_;
};

using Stages = std::map<std::string, Places>;

Stages stages_of(const std::vector<WrittenStep>& steps) {
  Stages stages;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    stages[steps[i].stage].push_back(i);
  }
  return stages;
}

std::set<std::string_view> texts_of(const std::vector<WrittenStep>& steps,
                                    const Places& places) {
  std::set<std::string_view> texts;
  for (const std::size_t place : places) texts.insert(steps[place].text);
  return texts;
}

}  // namespace

Matches align_steps(const std::vector<WrittenStep>& was,
                    const std::vector<WrittenStep>& is) {
  Matches matches(is.size());
  Stages old_stages = stages_of(was);
  StageAlignment alignment(was, is, matches);
  Stages renamed;
  for (auto& [name, places] : stages_of(is)) {
    if (auto same = old_stages.extract(name); !same.empty()) {
      alignment.align(std::move(same.mapped()), places);
    } else {
      renamed.emplace(name, places);
    }
  }
  for (const auto& [name, places] : renamed) {
    const auto texts = texts_of(is, places);
    auto nearest = old_stages.end();
    std::size_t most = 0;
    for (auto it = old_stages.begin(); it != old_stages.end(); ++it) {
      const auto old_texts = texts_of(was, it->second);
      const auto shared = static_cast<std::size_t>(std::count_if(
          texts.begin(), texts.end(),
          [&](std::string_view text) { return old_texts.contains(text); }));
      if (shared > most) {
        most = shared;
        nearest = it;
      }
    }
    if (nearest == old_stages.end()) continue;
    alignment.align(std::move(nearest->second), places);
    old_stages.erase(nearest);
  }
  return matches;
}

}  // namespace builder
