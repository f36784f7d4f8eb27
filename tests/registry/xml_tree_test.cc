#include "registry/xml_tree.h"

#include <catch2/catch.hpp>
#include <random>

#include "base/error.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using registry::parse_xml;
using registry::XmlElement;

namespace {

constexpr const char* kList =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<!-- a page -->\n"
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
    "  <Name>b&amp;c</Name><IsTruncated>false</IsTruncated><Prefix/>\n"
    "  <Contents><Key>a&lt;&#98;&#x43;&#x20AC;</Key>"
    "<ETag>&quot;12&quot;</ETag></Contents>\n"
    "  <Contents ><Key><![CDATA[<raw>]]></Key ></Contents>\n"
    "</ListBucketResult>\n";

}  // namespace

TEST_CASE("a list of S3's is read as a tree", "[s3]") {
  const XmlElement list = parse_xml(kList);
  CHECK(list.name == "ListBucketResult");
  CHECK(list.text_of("Name") == "b&c");
  CHECK(list.text_of("Prefix").empty());
  CHECK(list.text_of("NoSuchThing").empty());
  REQUIRE(list.children.size() == 5);
  CHECK(list.children[3].text_of("Key") == "a<bC\u20ac");
  CHECK(list.children[3].text_of("ETag") == "\"12\"");
  CHECK(list.children[4].text_of("Key") == "<raw>");
  CHECK(list.text.empty());
}

TEST_CASE("documents that are no XML are refused", "[s3]") {
  const char* const document = GENERATE(
      "", "text", "<a>", "<a></b>", "<a></a><b/>", "<a", "<a b></a>",
      "<a b=c/>", "<a>&nbsp;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>",
      "<a>&#1114112;</a>", "<a>& </a>", "<a><!-- </a>", "<a><![CDATA[</a>",
      "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a><?php ?></a>");
  CAPTURE(document);
  CHECK_THROWS_MATCHES(parse_xml(document), base::Error,
                       tests::HasKind(ErrorKind::invalid_input, "XML, byte"));
}

TEST_CASE("a document that is nested without end is refused", "[s3]") {
  std::string document;
  for (int i = 0; i < 100'000; ++i) document += "<a>";
  CHECK_THROWS_MATCHES(
      parse_xml(document), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "nested too deep"));
}

// What a broken or hostile server sends is read or refused, nothing else; the
// sanitizers watch.
TEST_CASE("damaged documents are read or refused", "[s3]") {
  std::minstd_rand random(1);
  const std::string whole = kList;
  constexpr std::string_view kWords = "<>/&;#x!-[]?=\"' \n\0a\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string document = whole.substr(0, random() % (whole.size() + 1));
    for (unsigned i = random() % 8; i > 0 && !document.empty(); --i) {
      document[random() % document.size()] = kWords[random() % kWords.size()];
    }
    try {
      parse_xml(document);
    } catch (const base::Error& error) {
      REQUIRE(error.kind() == ErrorKind::invalid_input);
    }
  }
}

TEST_CASE("text that was escaped is read as it was", "[s3]") {
  const std::string text = "a<b>&\"c\"";
  CHECK(parse_xml("<k>" + registry::escape_xml(text) + "</k>").text == text);
}
