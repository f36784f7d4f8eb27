#include "builder/step_facts.h"

#include <nlohmann/json.hpp>

#include "builder/byte_text.h"

namespace builder {
namespace {

using nlohmann::json;

constexpr const char* kArg = "ARG";
constexpr const char* kEnv = "ENV";

std::string text_at(const json& step, const char* name) {
  const auto found = step.find(name);
  if (found == step.end() || !found->is_string()) return {};
  return narrow_bytes(found->get_ref<const std::string&>());
}

StepFacts parse_step(const json& step) {
  StepFacts facts;
  facts.stage = text_at(step, "stage");
  facts.text = text_at(step, "text");
  facts.base = text_at(step, "base");
  if (const auto below = step.find("below");
      below != step.end() && below->is_number_unsigned()) {
    facts.below = below->get<std::size_t>();
  }
  for (const json& variable : step.value("vars", json::array())) {
    facts.variables.push_back(
        {variable.at(0) == kArg ? StepVariable::Kind::arg
                                : StepVariable::Kind::env,
         narrow_bytes(variable.at(1).get<std::string>()),
         narrow_bytes(variable.at(2).get<std::string>())});
  }
  facts.parts = step.at("key").dump(-1, ' ', /*ensure_ascii=*/true);
  return facts;
}

}  // namespace

StepFacts facts_of(const Vertex& vertex) {
  StepFacts facts{vertex.stage, vertex.text, vertex.variables, {}, {}, {}};
  if (const auto* base = std::get_if<BaseOp>(&vertex.operation)) {
    facts.base = base->reference;
  }
  return facts;
}

std::string render_steps(const std::vector<StepFacts>& steps) {
  json out = json::array();
  for (const StepFacts& facts : steps) {
    json step{{"stage", widen_bytes(facts.stage)},
              {"text", widen_bytes(facts.text)},
              {"key", json::parse(facts.parts)}};
    if (facts.below) step["below"] = *facts.below;
    if (!facts.base.empty()) step["base"] = widen_bytes(facts.base);
    for (const StepVariable& variable : facts.variables) {
      step["vars"].push_back(
          {variable.kind == StepVariable::Kind::arg ? kArg : kEnv,
           widen_bytes(variable.name), widen_bytes(variable.value)});
    }
    out.push_back(std::move(step));
  }
  return out.dump(-1, ' ', /*ensure_ascii=*/true);
}

std::vector<StepFacts> parse_steps(std::string_view text) {
  try {
    std::vector<StepFacts> steps;
    for (const json& step : json::parse(text)) {
      steps.push_back(parse_step(step));
    }
    return steps;
  } catch (const json::exception&) {
    return {};
  }
}

}  // namespace builder
