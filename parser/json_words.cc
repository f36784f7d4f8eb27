#include "parser/json_words.h"

#include <cstdint>
#include <tao/pegtl.hpp>
#include <utility>

namespace parser {

namespace {

namespace p = tao::pegtl;

constexpr int kDeepestNesting = 100;

struct State {
  JsonWords words;
  int depth = 0;
};

// ---- the grammar -----------------------------------------------------------

struct ws : p::star<p::one<' ', '\t', '\n', '\r'>> {};

struct hex_escape : p::seq<p::one<'u'>, p::rep<4, p::xdigit>> {};
struct short_escape : p::one<'"', '\\', '/', 'b', 'f', 'n', 'r', 't'> {};
struct escape : p::seq<p::one<'\\'>, p::sor<short_escape, hex_escape>> {};
struct plain
    : p::seq<p::not_at<p::ranges<'\x00', '\x1f', '"', '"', '\\'>>, p::any> {};
struct string
    : p::seq<p::one<'"'>, p::star<p::sor<plain, escape>>, p::one<'"'>> {};

struct digits : p::plus<p::digit> {};
struct number
    : p::seq<p::opt<p::one<'-'>>, p::sor<p::one<'0'>, digits>,
             p::opt<p::one<'.'>, digits>,
             p::opt<p::one<'e', 'E'>, p::opt<p::one<'+', '-'>>, digits>> {};

// Matches Rule unless it would stand too deep; depth is the parser's state
// because the grammar itself has no bound.
template <typename Rule>
struct one_deeper {
  using rule_t = one_deeper;
  using subs_t = p::type_list<Rule>;
  template <p::apply_mode A, p::rewind_mode M, template <typename...> class Act,
            template <typename...> class Control, typename Input>
  static bool match(Input& in, State& state) {
    if (state.depth >= kDeepestNesting) return false;
    ++state.depth;
    const bool matched =
        Control<Rule>::template match<A, M, Act, Control>(in, state);
    --state.depth;
    return matched;
  }
};

struct value;
struct list_end : p::seq<ws, p::one<']'>> {};
struct nested_list
    : p::seq<
          p::one<'['>,
          p::sor<list_end, p::seq<p::list<value, p::one<','>>, p::one<']'>>>> {
};
struct member : p::seq<ws, string, ws, p::one<':'>, value> {};
struct object
    : p::seq<p::one<'{'>,
             p::sor<p::seq<ws, p::one<'}'>>,
                    p::seq<p::list<member, p::one<','>>, p::one<'}'>>>> {};
struct literal : p::sor<TAO_PEGTL_STRING("true"), TAO_PEGTL_STRING("false"),
                        TAO_PEGTL_STRING("null")> {};
struct value : p::seq<ws,
                      p::sor<string, number, literal,
                             one_deeper<p::sor<nested_list, object>>>,
                      ws> {};

struct word : string {};
struct other_value
    : p::sor<number, literal, one_deeper<p::sor<nested_list, object>>> {};
struct element : p::seq<ws, p::sor<word, other_value>, ws> {};
struct word_list
    : p::seq<
          ws, p::one<'['>,
          p::sor<list_end, p::seq<p::list<element, p::one<','>>, p::one<']'>>>,
          ws, p::eof> {};

// ---- escapes ---------------------------------------------------------------

std::uint32_t hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
}

std::uint32_t read_hex4(std::string_view text, std::size_t at) {
  std::uint32_t result = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    result = result * 16 + hex_value(text[at + i]);
  }
  return result;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6));
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

// Reads "uXXXX" at `at`, and the second half of a surrogate pair behind it.
// Returns the offset behind what it read.
std::size_t append_hex_escape(std::string& out, std::string_view text,
                              std::size_t at) {
  constexpr std::uint32_t kReplacement = 0xfffd;
  const std::uint32_t first = read_hex4(text, at + 1);
  at += 5;
  if (first < 0xd800 || first > 0xdfff) {
    append_utf8(out, first);
    return at;
  }
  if (first < 0xdc00 && text.substr(at, 2) == "\\u") {
    const std::uint32_t second = read_hex4(text, at + 2);
    if (second >= 0xdc00 && second <= 0xdfff) {
      append_utf8(out, 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
      return at + 6;
    }
  }
  append_utf8(out, kReplacement);
  return at;
}

// The inside of a string that the grammar has accepted.
std::string decode(std::string_view text) {
  constexpr std::string_view kNames = "bfnrt";
  constexpr std::string_view kBytes = "\b\f\n\r\t";
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    if (text[i] != '\\') {
      out += text[i++];
    } else if (text[i + 1] == 'u') {
      i = append_hex_escape(out, text, i + 1);
    } else {
      const std::size_t name = kNames.find(text[i + 1]);
      out += name == std::string_view::npos ? text[i + 1] : kBytes[name];
      i += 2;
    }
  }
  return out;
}

// ---- actions ---------------------------------------------------------------

template <typename Rule>
struct word_action : p::nothing<Rule> {};

template <>
struct word_action<word> {
  template <typename Input>
  static void apply(const Input& in, State& state) {
    if (state.words.kind == JsonWords::Kind::mixed) return;
    const std::size_t begin = in.iterator().byte;
    const std::string_view all(in.begin(), in.size());
    state.words.elements.push_back(
        {decode(all.substr(1, all.size() - 2)), begin, begin + all.size()});
  }
};

template <>
struct word_action<other_value> {
  template <typename Input>
  static void apply(const Input& in, State& state) {
    if (state.words.kind == JsonWords::Kind::mixed) return;
    const std::size_t begin = in.iterator().byte;
    state.words.kind = JsonWords::Kind::mixed;
    state.words.elements = {{in.string(), begin, begin + in.size()}};
  }
};

}  // namespace

JsonWords read_json_words(std::string_view text) {
  if (text.empty() || text.front() != '[') return {};
  // Eager tracking counts bytes, from which elements know their place.
  p::memory_input<p::tracking_mode::eager> in(text.data(),
                                              text.data() + text.size(), "");
  State state;
  if (!p::parse<word_list, word_action>(in, state)) return {};
  if (state.words.kind == JsonWords::Kind::not_json) {
    state.words.kind = JsonWords::Kind::strings;
  }
  return std::move(state.words);
}

}  // namespace parser
