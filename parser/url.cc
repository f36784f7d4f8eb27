#include "parser/url.h"

#include <algorithm>
#include <tao/pegtl.hpp>

#include "parser/ascii.h"

namespace parser {
namespace {

namespace peg = tao::pegtl;

// clang-format off
struct scheme : peg::seq<peg::alpha, peg::star<peg::sor<peg::alnum, peg::one<'+', '-', '.'>>>> {};
struct in_userinfo : peg::not_one<'@', '/', '?', '#'> {};
// Up to the last "@" of the authority.
struct userinfo : peg::seq<peg::star<in_userinfo>, peg::star<peg::one<'@'>, peg::star<in_userinfo>, peg::at<peg::one<'@'>>>> {};
struct credentials : peg::seq<userinfo, peg::one<'@'>> {};
struct host : peg::sor<
    peg::seq<peg::one<'['>, peg::plus<peg::not_one<']', '/', '?', '#', '@'>>, peg::one<']'>>,
    peg::star<peg::not_one<':', '/', '?', '#', '@'>>> {};
struct port : peg::star<peg::digit> {};
struct path : peg::star<peg::not_one<'?', '#'>> {};
struct query : peg::star<peg::not_one<'#'>> {};
struct fragment : peg::star<peg::any> {};
struct url : peg::seq<
    scheme, peg::string<':', '/', '/'>,
    peg::opt<credentials>, host, peg::opt<peg::one<':'>, port>,
    peg::at<peg::sor<peg::one<'/', '?', '#'>, peg::eof>>, path,
    peg::opt<peg::one<'?'>, query>, peg::opt<peg::one<'#'>, fragment>,
    peg::eof> {};
// clang-format on

template <typename Rule>
struct Action : peg::nothing<Rule> {};

#define STRAKE_URL_PART(part, member)              \
  template <>                                      \
  struct Action<part> {                            \
    template <typename Input>                      \
    static void apply(const Input& in, Url& out) { \
      out.member = in.string();                    \
    }                                              \
  }
STRAKE_URL_PART(scheme, scheme);
STRAKE_URL_PART(host, host);
STRAKE_URL_PART(port, port);
STRAKE_URL_PART(path, path);
STRAKE_URL_PART(query, query);
STRAKE_URL_PART(fragment, fragment);
#undef STRAKE_URL_PART

template <>
struct Action<credentials> {
  template <typename Input>
  static void apply(const Input& in, Url& out) {
    out.userinfo = in.string();
    out.userinfo.pop_back();
  }
};

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char low = to_lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

constexpr std::string_view kMark = "://";

// How much of what stands behind an address's "://" is credentials.
std::optional<std::size_t> find_credentials(std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) return at;
  const std::size_t colon =
      authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view port = authority.substr(colon + 1);
  if (std::all_of(port.begin(), port.end(), is_digit)) return std::nullopt;
  at = rest.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  return at;
}

bool is_in_scheme(char c) {
  const char low = to_lower(c);
  return (low >= 'a' && low <= 'z') || is_digit(c) || c == '+' || c == '-' ||
         c == '.';
}

// Where an address in a text ends; `mark` is where its "://" is.
std::size_t find_end(std::string_view text, std::size_t mark) {
  const std::size_t begin = mark + kMark.size();
  std::size_t start = mark;
  while (start > 0 && is_in_scheme(text[start - 1])) --start;
  const char before = start > 0 ? text[start - 1] : ' ';
  if (before == '"' || before == '\'') {
    std::size_t quote = text.find(before, begin);
    while (quote != std::string_view::npos && text[quote - 1] == '\\') {
      quote = text.find(before, quote + 1);
    }
    if (quote != std::string_view::npos) return quote;
  }
  return std::min(text.find_first_of(" \t\r\n\v\f", begin), text.size());
}

// Linear: a word's end and last "@" are looked for once, however many addresses
// it holds.
template <typename Replace>
std::string replace_credentials(std::string_view text, const Replace& replace) {
  std::string out;
  std::size_t done = 0;
  std::size_t word_end = 0;
  std::size_t last_at_end = 0;
  for (;;) {
    const std::size_t mark = text.find(kMark, done);
    if (mark == std::string_view::npos) return out.append(text.substr(done));
    const std::size_t begin = mark + kMark.size();
    out.append(text.substr(done, begin - done));
    done = begin;
    if (mark >= word_end) {
      word_end = find_end(text, mark);
      const std::size_t at = text.substr(begin, word_end - begin).rfind('@');
      last_at_end = at == std::string_view::npos ? 0 : begin + at + 1;
    }
    if (last_at_end <= begin) continue;
    const std::string_view rest = text.substr(begin, last_at_end - begin);
    if (const auto size = find_credentials(rest)) {
      out += replace(rest.substr(0, *size));
      done += *size;
    }
  }
}

std::string redact(std::string_view credentials) {
  const bool is_pair = credentials.find(':') != std::string_view::npos;
  return is_pair ? "xxxxx:xxxxx" : "xxxxx";
}

}  // namespace

std::optional<Url> find_url(std::string_view text) {
  Url out;
  peg::memory_input<> input(text.data(), text.size(), "");
  if (!peg::parse<url, Action>(input, out)) return std::nullopt;
  out.scheme = to_lower(out.scheme);
  return out;
}

std::string file_name_of(const Url& url) {
  std::string path = percent_decode(url.path);
  while (path.ends_with('/')) path.pop_back();
  std::string name = path.substr(path.rfind('/') + 1);
  if (name == "." || name == ".." || name.find('\0') != std::string::npos) {
    name.clear();
  }
  return name;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high =
        text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string redact_address(std::string_view address) {
  const std::size_t mark = address.find(kMark);
  if (mark == std::string_view::npos) return std::string(address);
  const std::size_t begin = mark + kMark.size();
  const std::string_view rest = address.substr(begin);
  const auto size = find_credentials(rest);
  if (!size) return std::string(address);
  return std::string(address.substr(0, begin)) + redact(rest.substr(0, *size)) +
         std::string(rest.substr(*size));
}

std::string redact_credentials(std::string_view text) {
  return replace_credentials(text, redact);
}

std::string mask_credentials(std::string_view text) {
  return replace_credentials(text, [](std::string_view hidden) {
    return std::string(hidden.size(), 'x');
  });
}

}  // namespace parser
