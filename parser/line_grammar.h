// The grammar of a whole file: directives, comments, joined lines, heredocs.
//
// Room-private; included by line_structure.cc alone, since PEGTL costs compile
// time. Rules say what a line is, actions (line_structure.cc) what it does.
//
// Two things the text decides while it is read, so they are parser state and
// not rules: the escape character, which a directive sets, and the heredocs
// that the line just joined has opened. Rules that ask the state are those with
// a match() of their own. This keeps it one grammar, read once from front to
// back: no rule gives back more than one run of equal bytes, which is what
// makes it linear.
#pragma once

#include <cstring>
#include <string_view>
#include <tao/pegtl.hpp>

#include "parser/unicode.h"

namespace parser::line_grammar {

namespace p = tao::pegtl;

// Boilerplate of a rule that looks at the state: Derived::length() says how
// many bytes match, or npos.
template <typename Derived>
struct state_rule {
  using rule_t = Derived;
  using subs_t = p::type_list<>;
  static constexpr std::size_t kNoMatch = static_cast<std::size_t>(-1);

  template <p::apply_mode A, p::rewind_mode M, template <typename...> class Act,
            template <typename...> class Control, typename Input,
            typename State>
  static bool match(Input& in, State& state) {
    const std::string_view rest(in.current(), in.size(0));
    const std::size_t length = Derived::length(rest, state);
    if (length == kNoMatch) return false;
    in.bump(length);
    return true;
  }
};

// ---- lines -----------------------------------------------------------------

struct blanks : p::star<p::one<' ', '\t'>> {};
// What may stand before an instruction or a comment: any white space.
struct spaces : state_rule<spaces> {
  template <typename State>
  static std::size_t length(std::string_view rest, const State&) {
    std::size_t n = 0;
    while (const std::size_t size = space_size(rest.substr(n))) n += size;
    return n;
  }
};
struct returns : p::star<p::one<'\r'>> {};
struct line_end : p::seq<returns, p::eolf> {};
struct rest_of_line : p::star<p::not_one<'\n'>> {};

struct escape_byte : state_rule<escape_byte> {
  template <typename State>
  static std::size_t length(std::string_view rest, const State& state) {
    return !rest.empty() && rest.front() == state.escape() ? 1 : kNoMatch;
  }
};

// Bytes without a meaning for lines.
struct plain_run : state_rule<plain_run> {
  template <typename State>
  static std::size_t length(std::string_view rest, const State& state) {
    const char escape = state.escape();
    std::size_t n = 0;
    while (n < rest.size() && rest[n] != '\n' && rest[n] != '\r' &&
           rest[n] != escape) {
      ++n;
    }
    return n == 0 ? kNoMatch : n;
  }
};

// ---- directives ------------------------------------------------------------

struct directive_name
    : p::sor<TAO_PEGTL_ISTRING("syntax"), TAO_PEGTL_ISTRING("escape"),
             TAO_PEGTL_ISTRING("check")> {};
struct directive_value : p::seq<p::not_at<line_end>, rest_of_line> {};
struct directive : p::seq<spaces, p::one<'#'>, blanks, directive_name, blanks,
                          p::one<'='>, blanks, directive_value, p::eolf> {};
struct shebang : p::seq<p::string<'#', '!'>, rest_of_line, p::eolf> {};

// ---- instructions ----------------------------------------------------------

// One escape character is a continuation; two are text.
struct continuation
    : p::seq<escape_byte, p::not_at<escape_byte>, blanks, line_end> {};
struct escape_run : p::plus<escape_byte> {};
struct return_run : p::seq<p::plus<p::one<'\r'>>, p::not_at<p::eolf>> {};
struct piece : p::sor<plain_run, escape_run, return_run> {};

struct skipped_blank_line : p::seq<p::not_at<p::eof>, spaces, line_end> {};
struct skipped_comment : p::seq<spaces, p::one<'#'>, rest_of_line, p::eolf> {};
struct skipped_lines : p::star<p::sor<skipped_blank_line, skipped_comment>> {};

struct joined_line
    : p::until<line_end, p::sor<p::seq<continuation, skipped_lines>, piece>> {};

// ---- heredocs --------------------------------------------------------------

// Matches, without taking anything, while a body is still to be read.
struct heredoc_awaited : state_rule<heredoc_awaited> {
  template <typename State>
  static std::size_t length(std::string_view, const State& state) {
    return state.awaits_heredoc() ? 0 : kNoMatch;
  }
};

// The line that closes the body being read.
struct heredoc_close : state_rule<heredoc_close> {
  template <typename State>
  static std::size_t length(std::string_view rest, const State& state) {
    std::size_t at = 0;
    if (state.chomps_heredoc()) {
      while (at < rest.size() && rest[at] == '\t') ++at;
    }
    const std::string_view name = state.heredoc_name();
    if (rest.substr(at, name.size()) != name) return kNoMatch;
    at += name.size();
    while (at < rest.size() && rest[at] == '\r') ++at;
    if (at == rest.size()) return at;
    return rest[at] == '\n' ? at + 1 : kNoMatch;
  }
};
struct heredoc_line : p::seq<p::not_at<p::eof>, rest_of_line, p::eolf> {};
// Its action throws: the file has ended within a body.
struct heredoc_unclosed : p::success {};
struct heredoc
    : p::seq<heredoc_awaited,
             p::until<
                 heredoc_close,
                 p::sor<heredoc_line, p::seq<heredoc_unclosed, p::failure>>>> {
};

// ---- the file --------------------------------------------------------------

struct blank_line : p::seq<spaces, line_end> {};
struct comment_text : rest_of_line {};
struct comment : p::seq<spaces, p::one<'#'>, comment_text, p::eolf> {};
struct instruction_end : p::success {};
struct instruction
    : p::seq<spaces, joined_line, p::star<heredoc>, instruction_end> {};
struct lines : p::until<p::eof, p::sor<blank_line, comment, instruction>> {};

struct file : p::seq<p::opt<shebang>, p::star<directive>, lines> {};
// The text of one trigger: no directives.
struct trigger : lines {};

}  // namespace parser::line_grammar
