#include "builder/last_build.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "builder/shown_text.h"
#include "builder/snapshot.h"
#include "builder/step_alignment.h"
#include "builder/step_difference.h"
#include "registry/reference.h"

namespace builder {
namespace {

constexpr std::size_t kMostFiles = 20;
constexpr std::size_t kDigestDigits = 4;
// The member of a record's parts that names who made it.
constexpr const char* kProject = "project";

// What a server is asked for is no step, and what it gave is in the key of the
// ADD that copies it.
bool is_fetch(const Vertex& vertex) {
  return std::holds_alternative<HttpOp>(vertex.operation) ||
         std::holds_alternative<GitOp>(vertex.operation);
}

bool is_base(const StepFacts& facts) { return !facts.base.empty(); }

std::string show_base(const std::string& reference) {
  try {
    return registry::parse_reference(reference).familiar();
  } catch (const base::Error&) {
    return reference;  // an image by its ID, or of a layout
  }
}

// "a1b2…" of the image in a FROM's parts.
std::string brief_image(const StepFacts& facts) {
  const std::string mark = "sha256:";
  const std::size_t at = facts.parts.find(mark);
  if (at == std::string::npos) return "?";
  return facts.parts.substr(at + mark.size(), kDigestDigits) + "…";
}

}  // namespace

std::string_view name_uncached(const Plan& plan) {
  return plan.uses_cache ? "--no-cache-filter" : "--no-cache";
}

LastBuild::LastBuild(store::Store& store, const SourceFile& file,
                     const Plan& plan, std::string project)
    : store_(store),
      file_(file),
      plan_(plan),
      project_(std::move(project)),
      project_digest_(base::Digest::of(project_)),
      steps_(std::in_place, plan.vertices.size()) {}

void LastBuild::note_key(std::size_t number, CacheKey key) {
  steps_.lock()->at(number).key = std::move(key);
}

void LastBuild::note_end(std::size_t number) {
  steps_.lock()->at(number).is_over = true;
}

std::optional<CacheKey> LastBuild::find_key(std::size_t number) const {
  return steps_.lock()->at(number).key;
}

void LastBuild::load() {
  if (std::exchange(is_loaded_, true)) return;
  loaded_text_.clear();
  old_.clear();
  match_.assign(plan_.vertices.size(), std::nullopt);
  if (project_.empty()) return;
  const auto record = store_.last_builds().find(project_digest_);
  if (!record) return;
  loaded_text_ = record->steps;
  old_ = parse_steps(record->steps);
  std::vector<WrittenStep> was;
  for (const StepFacts& facts : old_) was.push_back({facts.stage, facts.text});
  std::vector<WrittenStep> is;
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < plan_.vertices.size(); ++i) {
    const Vertex& vertex = plan_.vertices[i];
    if (is_fetch(vertex)) continue;
    is.push_back({vertex.stage, vertex.text});
    numbers.push_back(i);
  }
  const auto matches = align_steps(was, is);
  for (std::size_t i = 0; i < matches.size(); ++i) {
    match_[numbers[i]] = matches[i];
  }
}

// A FROM has no key of its own.
StepFacts LastBuild::facts_at(std::size_t number) const {
  const Vertex& vertex = plan_.vertices[number];
  StepFacts facts = facts_of(vertex);
  const auto steps = steps_.lock();
  const std::optional<CacheKey>& key = steps->at(number).key;
  facts.parts = key ? key->render_parts()
                    : fmt::format("{{\"operation\":{}}}",
                                  render_operation(vertex.operation));
  return facts;
}

CacheMiss LastBuild::explain(std::size_t number, const std::string& obstacle,
                             const std::vector<KeyInput>& inputs) {
  load();
  steps_.lock()->at(number).has_missed = true;
  const Vertex& vertex = plan_.vertices[number];
  CacheMiss miss;
  if (vertex.is_uncached) {
    miss.parts.emplace_back(name_uncached(plan_));
  } else if (!obstacle.empty()) {
    miss.parts.push_back(obstacle);
  }
  if (miss.parts.empty() && asks_server(vertex.operation)) {
    miss.parts.emplace_back("only its server knows whether it changed");
  }
  if (vertex.is_uncached || asks_server(vertex.operation)) {
    miss.reason = miss.parts.front();
    return miss;
  }
  const StepFacts is = facts_at(number);
  const bool is_matched = match_[number].has_value();
  std::optional<StepFacts> was;
  if (is_matched) was = old_[*match_[number]];
  // What it was before the arguments, or the branch, that were built last.
  if (!was || !has_same_operation(*was, is)) {
    if (auto recorded = find_record_of(number)) was = std::move(recorded);
  }
  if (was) {
    for (std::string& part : compare_steps(*was, is)) {
      miss.parts.push_back(std::move(part));
    }
    for (std::string& part : compare_inputs(*was, is, inputs)) {
      miss.parts.push_back(std::move(part));
    }
    if (parent_in(was->parts) != parent_in(is.parts)) {
      std::string cause = is_matched ? find_cause_below(number) : "";
      if (cause.empty()) cause = name_missed_below(number);
      if (cause.empty()) cause = "what it stands on changed";
      miss.parts.push_back(std::move(cause));
    }
    if (miss.parts.empty()) {
      miss.parts.emplace_back("its result is not in the store");
    }
  }
  if (miss.parts.empty())
    miss.parts.emplace_back("it was not built here before");
  miss.reason = miss.parts.front();
  return miss;
}

// Files are named where the same words select them; else the words are what
// has changed.
std::vector<std::string> LastBuild::compare_inputs(
    const StepFacts& was, const StepFacts& is,
    const std::vector<KeyInput>& inputs) {
  std::vector<std::string> parts;
  if (!has_same_sources(was, is)) return parts;
  const auto old_inputs = inputs_in(was.parts);
  for (const KeyInput& input : inputs) {
    const auto old = std::find_if(
        old_inputs.begin(), old_inputs.end(),
        [&](const auto& pair) { return pair.first == input.name; });
    if (old == old_inputs.end() || old->second == input.digest.str()) continue;
    std::vector<std::string> lines;
    const auto digest = base::Digest::find_in(old->second);
    if (const auto listing =
            digest ? store_.listings().find(*digest) : std::nullopt) {
      lines = compare_files(*listing, input.matches, input.copy, kMostFiles);
    }
    if (lines.empty()) {
      lines.push_back(input.name == "files"
                          ? "files that it copies changed"
                          : fmt::format("files of its {} changed", input.name));
    }
    parts.insert(parts.end(), lines.begin(), lines.end());
  }
  return parts;
}

std::string LastBuild::render_parts(const CacheKey& key) const {
  if (project_.empty()) return key.render_parts();
  auto parts = nlohmann::json::parse(key.render_parts());
  parts[kProject] = project_digest_.str();
  return parts.dump();
}

// Of what "cache import" has brought in no parts are known.
std::optional<StepFacts> LastBuild::find_record_of(std::size_t number) {
  const std::optional<CacheKey> key = find_key(number);
  if (!key || project_.empty()) return std::nullopt;
  constexpr int kMostRecords = 100;
  for (const store::CacheRecord& record :
       store_.cache().find_operation(key->operation(), kMostRecords)) {
    const auto parts = nlohmann::json::parse(record.parts, nullptr,
                                             /*allow_exceptions=*/false);
    if (!parts.is_object()) continue;
    if (parts.value(kProject, "") != project_digest_.str()) continue;
    StepFacts facts = facts_of(plan_.vertices[number]);
    facts.parts = record.parts;
    return facts;
  }
  return std::nullopt;
}

// From the bottom up, the first step whose result is not what it was: the next
// one's parent tells.
std::string LastBuild::find_cause_below(std::size_t number) const {
  std::vector<std::size_t> chain;
  for (std::optional<std::size_t> at = number; at;
       at = plan_.vertices[*at].parent) {
    chain.push_back(*at);
  }
  std::reverse(chain.begin(), chain.end());
  const std::string nothing = Snapshot().content().str();
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    const auto& old_place = match_[chain[i + 1]];
    if (!old_place) continue;
    const std::string now = parent_in(facts_at(chain[i + 1]).parts);
    const std::string then = parent_in(old_[*old_place].parts);
    // What is linked stands on nothing, and tells nothing.
    if (now == then || now == nothing) continue;
    return describe_below(chain[i], *old_place);
  }
  return {};
}

// `below` gives something else than what the old step stood on.
std::string LastBuild::describe_below(std::size_t below,
                                      std::size_t old_above) const {
  const Vertex& vertex = plan_.vertices[below];
  const std::string place = render_place(vertex);
  const std::optional<std::size_t>& old_below = old_[old_above].below;
  if (const auto* base = std::get_if<BaseOp>(&vertex.operation)) {
    if (old_below && is_base(old_[*old_below])) {
      const StepFacts& old = old_[*old_below];
      if (old.base != base->reference) {
        return fmt::format("base {} → {}", show_base(old.base),
                           show_base(base->reference));
      }
      return fmt::format("base {} moved {} → {}", show_base(base->reference),
                         brief_image(old), brief_image(facts_at(below)));
    }
  }
  if (!match_[below]) return fmt::format("step {} is new", place);
  if (old_below && match_[below] != old_below) {
    const bool is_elsewhere = std::any_of(
        plan_.vertices.begin(), plan_.vertices.end(), [&](const Vertex& one) {
          return one.stage == old_[*old_below].stage &&
                 one.text == old_[*old_below].text;
        });
    return fmt::format("{} {}", cut_text(old_[*old_below].text, 60),
                       is_elsewhere ? "has another place" : "is gone");
  }
  const bool has_missed = steps_.lock()->at(below).has_missed;
  return fmt::format("step {} {}", place, has_missed ? "ran again" : "changed");
}

// The topmost step below that had to run.
std::string LastBuild::name_missed_below(std::size_t number) const {
  const auto steps = steps_.lock();
  for (std::optional<std::size_t> at = plan_.vertices[number].parent; at;
       at = plan_.vertices[*at].parent) {
    if (!steps->at(*at).has_missed) continue;
    return fmt::format("step {} ran again", render_place(plan_.vertices[*at]));
  }
  return {};
}

// Of all that merge() would write of this build's own steps.
base::Digest LastBuild::fingerprint() const {
  base::Hasher hasher;
  const auto steps = steps_.lock();
  for (std::size_t i = 0; i < steps->size(); ++i) {
    const Vertex& vertex = plan_.vertices[i];
    if (is_fetch(vertex)) continue;
    const Step& step = steps->at(i);
    std::string key = "-";
    if (step.is_over && step.key) key = step.key->digest().str();
    if (const auto* base = std::get_if<BaseOp>(&vertex.operation)) {
      key = base->image_id.str() + base->reference;
    }
    hasher.update(fmt::format("{}:{}{}:{}{}:{}", vertex.stage.size(),
                              vertex.stage, vertex.text.size(), vertex.text,
                              key.size(), key));
  }
  return hasher.finish();
}

std::vector<StepFacts> LastBuild::merge() const {
  std::vector<StepFacts> merged;
  std::map<std::size_t, std::size_t> by_number;  // vertices → merged
  std::map<std::size_t, std::size_t> by_old;     // old_ → merged
  std::set<std::size_t> kept;                    // places in merged
  const auto keep_old = [&](std::size_t place) {
    by_old.emplace(place, merged.size());
    kept.insert(merged.size());
    merged.push_back(old_[place]);
  };
  std::set<std::string_view> stages;
  for (std::size_t i = 0; i < plan_.vertices.size(); ++i) {
    const Vertex& vertex = plan_.vertices[i];
    if (is_fetch(vertex)) continue;
    stages.insert(vertex.stage);
    const bool is_over = std::holds_alternative<BaseOp>(vertex.operation) ||
                         steps_.lock()->at(i).is_over;
    by_number.emplace(i, merged.size());
    if (is_over) {
      if (match_[i]) by_old.emplace(*match_[i], merged.size());
      merged.push_back(facts_at(i));
      const auto below =
          vertex.parent ? by_number.find(*vertex.parent) : by_number.end();
      if (below != by_number.end()) merged.back().below = below->second;
    } else if (match_[i]) {
      keep_old(*match_[i]);
    } else {
      by_number.erase(i);
    }
  }
  std::set<std::string> names;  // of all stages of the file
  for (const parser::Stage& stage : file_.tree.stages) {
    names.insert(stage_name_of(stage));
  }
  for (std::size_t i = 0; i < old_.size(); ++i) {
    const bool is_elsewhere =
        !stages.contains(old_[i].stage) && names.contains(old_[i].stage);
    if (is_elsewhere && !by_old.contains(i)) keep_old(i);
  }
  for (const std::size_t place : kept) {
    std::optional<std::size_t>& below = merged[place].below;
    if (!below) continue;
    const auto found = by_old.find(*below);
    below = found == by_old.end() ? std::nullopt : std::optional(found->second);
  }
  return merged;
}

void LastBuild::save() {
  if (project_.empty()) return;
  const base::Digest now = fingerprint();
  if (store_.last_builds().find_fingerprint(project_digest_) == now) return;
  // Another build of this project, of another target, may have ended since the
  // first miss.
  is_loaded_ = false;
  load();
  std::string text = render_steps(merge());
  if (text == loaded_text_) return;
  store_.last_builds().put({project_digest_, now, std::move(text)});
}

}  // namespace builder
