#include "registry/auth_challenge.h"

#include <tao/pegtl.hpp>

#include "registry/header_text.h"

namespace registry {
namespace {

namespace peg = tao::pegtl;

// clang-format off
struct blank : peg::star<peg::blank> {};
struct token_char : peg::sor<peg::alnum, peg::one<'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'>> {};
struct token : peg::plus<token_char> {};
struct scheme : token {};
struct name : token {};
struct plain_value : token {};
struct escaped : peg::any {};
struct unescaped : peg::not_one<'"', '\\'> {};
struct quoted_value : peg::seq<peg::one<'"'>, peg::star<peg::sor<peg::seq<peg::one<'\\'>, escaped>, unescaped>>, peg::one<'"'>> {};
struct parameter : peg::seq<name, blank, peg::one<'='>, blank, peg::sor<quoted_value, plain_value>> {};
struct token68 : peg::seq<peg::plus<peg::sor<peg::alnum, peg::one<'-', '.', '_', '~', '+', '/'>>>, peg::star<peg::one<'='>>, blank, peg::at<peg::sor<peg::one<','>, peg::eof>>> {};
struct comma : peg::seq<blank, peg::plus<peg::one<','>, blank>> {};
struct parameters : peg::list<parameter, comma> {};
struct challenge : peg::seq<scheme, peg::opt<peg::plus<peg::blank>, peg::sor<parameters, token68>>> {};
struct challenges : peg::seq<peg::star<peg::sor<peg::blank, peg::one<','>>>, peg::opt<peg::list<challenge, comma>>> {};
// clang-format on

struct State {
  std::vector<AuthChallenge> all;
  std::string name;
  std::string value;
};

template <typename Rule>
struct Action : peg::nothing<Rule> {};

template <>
struct Action<scheme> {
  template <typename Input>
  static void apply(const Input& in, State& state) {
    state.all.push_back({lower_case(in.string()), {}});
  }
};
template <>
struct Action<name> {
  template <typename Input>
  static void apply(const Input& in, State& state) {
    state.name = lower_case(in.string());
    state.value.clear();
  }
};
template <>
struct Action<plain_value> {
  template <typename Input>
  static void apply(const Input& in, State& state) {
    state.value = in.string();
  }
};
template <>
struct Action<escaped> {
  template <typename Input>
  static void apply(const Input& in, State& state) {
    state.value += in.string();
  }
};
template <>
struct Action<unescaped> {
  template <typename Input>
  static void apply(const Input& in, State& state) {
    state.value += in.string();
  }
};
template <>
struct Action<parameter> {
  template <typename Input>
  static void apply(const Input&, State& state) {
    state.all.back().parameters.emplace(state.name, state.value);
  }
};

}  // namespace

std::vector<AuthChallenge> parse_challenges(std::string_view header) {
  State state;
  peg::memory_input in(header.data(), header.size(), "");
  peg::parse<challenges, Action>(in, state);
  return std::move(state.all);
}

}  // namespace registry
