#include "parser/url.h"

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

// What stands between "://" and the last "@" of each authority in the text.
template <typename Replace>
std::string replace_credentials(std::string_view text, const Replace& replace) {
  static constexpr std::string_view kMark = "://";
  std::string out;
  for (;;) {
    const std::size_t mark = text.find(kMark);
    if (mark == std::string_view::npos) return out.append(text);
    const std::size_t begin = mark + kMark.size();
    const std::size_t end =
        std::min(text.find_first_of("/?# \t\n\"'", begin), text.size());
    const std::size_t at = text.substr(0, end).rfind('@');
    out.append(text.substr(0, begin));
    if (at == std::string_view::npos || at < begin) {
      text.remove_prefix(begin);
      continue;
    }
    out += replace(text.substr(begin, at - begin));
    text.remove_prefix(at);
  }
}

}  // namespace

std::string Url::origin() const {
  std::string number = port;
  if (number.empty() && scheme == "http") number = "80";
  if (number.empty() && scheme == "https") number = "443";
  return scheme + "://" + to_lower(host) + ":" + number;
}

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

std::string redact_credentials(std::string_view text) {
  return replace_credentials(text, [](std::string_view hidden) {
    const bool is_pair = hidden.find(':') != std::string_view::npos;
    return std::string(is_pair ? "xxxxx:xxxxx" : "xxxxx");
  });
}

std::string mask_credentials(std::string_view text) {
  return replace_credentials(text, [](std::string_view hidden) {
    return std::string(hidden.size(), 'x');
  });
}

}  // namespace parser
