// ListObjectsV2: pages of keys, each with the token of the next one.
#include <fmt/format.h>

#include <ctime>
#include <set>
#include <utility>

#include "base/error.h"
#include "registry/header_text.h"
#include "registry/percent_encoding.h"
#include "registry/s3_bucket.h"
#include "registry/xml_tree.h"

namespace registry {
namespace {

constexpr std::size_t kMostPageBytes = std::size_t{16} << 20U;
// Of a server that leads on for ever; a page has a thousand keys.
constexpr std::size_t kMostListPages = 100'000;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Of encoding-type=url, where a space is "+".
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 +
                                      hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::optional<std::chrono::sys_seconds> find_time(const std::string& text) {
  std::tm parts{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) {
    return std::nullopt;
  }
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

S3Object read_object(const XmlElement& element, bool is_escaped) {
  S3Object object;
  object.key = element.text_of("Key");
  if (is_escaped) object.key = unescape(object.key);
  object.size_bytes = find_number(element.text_of("Size")).value_or(0);
  object.etag = element.text_of("ETag");
  object.last_modified = find_time(element.text_of("LastModified"));
  return object;
}

}  // namespace

void S3Bucket::list(const std::string& prefix,
                    const std::function<void(const S3Object&)>& found,
                    const std::stop_token& stop) {
  const std::string first = fmt::format(
      "list-type=2&encoding-type=url&prefix={}", percent_encode(prefix));
  S3Call call;
  call.query = first;
  std::set<std::string> seen;
  while (seen.size() < kMostListPages && seen.insert(call.query).second) {
    const std::string body = host_.ask(call, stop, [](S3Reply& reply) {
      return reply.read_all(kMostPageBytes);
    });
    XmlElement page;
    try {
      page = parse_xml(body);
      if (page.name != "ListBucketResult") {
        throw base::Error(base::ErrorKind::invalid_input,
                          fmt::format("it is no list but \"{}\"", page.name));
      }
    } catch (base::Error& error) {
      error.add_context(fmt::format("the list of {}", describe(prefix)));
      throw;
    }
    const bool is_escaped = page.text_of("EncodingType") == "url";
    for (const XmlElement& element : page.children) {
      if (element.name == "Contents") found(read_object(element, is_escaped));
    }
    const std::string token = page.text_of("NextContinuationToken");
    if (page.text_of("IsTruncated") != "true" || token.empty()) return;
    call.query = first + "&continuation-token=" + percent_encode(token);
  }
  throw base::Error(
      base::ErrorKind::invalid_input,
      fmt::format("the list of {} does not come to an end", describe(prefix)));
}

}  // namespace registry
