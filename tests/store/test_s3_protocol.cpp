// SPDX-License-Identifier: MIT
#include "../../src/store/s3_bucket.hpp"
#include "../../src/store/s3_signature.hpp"
#include "../../src/store/s3_xml.hpp"
#include "a2a_backup/core/digest.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup::test {
namespace {

using Catch::Matchers::ContainsSubstring;

// The keys, the moment and the signatures of the examples in AWS's documentation.
const AwsCredentials example_keys{"AKIAIOSFODNN7EXAMPLE",
                                  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const std::string empty_payload = sha256_hex("");

std::string signature_of(HttpRequest request, const std::string& payload = empty_payload) {
  request.url.scheme = "https";
  request.url.host = "examplebucket.s3.amazonaws.com";
  request.url.port = "443";
  sign_s3_request(request, payload, example_keys, "us-east-1",
                  parse_time("2013-05-24T00:00:00Z").value());
  const std::string text = request.headers.at("Authorization");
  return text.substr(text.find("Signature=") + 10);
}

TEST_CASE("HMAC-SHA-256 is that of RFC 4231", "[s3]") {
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

TEST_CASE("requests are signed as AWS does in its examples", "[s3]") {
  HttpRequest get{.headers = {{"Range", "bytes=0-9"}}};
  get.url.path = "/test.txt";
  CHECK(signature_of(get) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  HttpRequest put{.method = "PUT",
                  .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                              {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}};
  put.url.path = "/test%24file.text";
  CHECK(signature_of(put, sha256_hex("Welcome to Amazon S3.")) ==
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");

  HttpRequest lifecycle;
  lifecycle.url.query = "lifecycle=";
  CHECK(signature_of(lifecycle) ==
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");

  HttpRequest list;
  list.url.query = "max-keys=2&prefix=J";
  CHECK(signature_of(list) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("a session token is sent and signed", "[s3]") {
  HttpRequest request;
  request.url = parse_http_url("https://s3.example.com:8443");
  sign_s3_request(request, empty_payload, {"id", "secret", "token"}, "r", now());
  CHECK(request.headers.at("X-Amz-Security-Token") == "token");
  CHECK_THAT(request.headers.at("Authorization"),
             ContainsSubstring("SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                               "x-amz-security-token"));
  CHECK_THAT(request.headers.at("Authorization"), !ContainsSubstring("secret,"));
}

TEST_CASE("the XML of S3 is read", "[s3]") {
  const auto document = parse_xml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x --><a:List xmlns:a='http://x/'>"
      "<Key>a &amp; &lt;b&gt; &#x41;&#228;&quot;</Key><Key/><In><Key>c</Key></In>\n</a:List>\n");
  REQUIRE(document);
  CHECK(document->name == "List");
  CHECK(document->text_of("Key") == "a & <b> A\u00e4\"");
  CHECK(document->children.size() == 3);
  CHECK(document->find("In")->text_of("Key") == "c");
  CHECK(document->find("None") == nullptr);
  CHECK(document->text_of("None").empty());
  CHECK(xml_escaped("\"a\" & <b>") == "&quot;a&quot; &amp; &lt;b&gt;");
}

TEST_CASE("XML that is not well-formed, or grows, is refused", "[s3]") {
  for (const char* bad :
       {"", "text", "<a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a b=c/>", "<a>&x;</a>",
        "<a>&#0;</a>", "<a>&#x110000;</a>", "<a>&amp</a>", "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>",
        "<a><![CDATA[x]]></a>", "<a><?x?></a>", "<a", "<a></a", "<a><!-- </a>", "< a/>"}) {
    CAPTURE(bad);
    CHECK(!parse_xml(bad));
  }
  std::string deep;
  for (int i = 0; i < 9; ++i) deep = "<a>" + deep + "</a>";
  CHECK(!parse_xml(deep));
  std::string wide;
  for (int i = 0; i < 100'001; ++i) wide += "<a/>";
  CHECK(!parse_xml("<a>" + wide + "</a>"));
}

TEST_CASE("percent-encoding keeps what a key may hold", "[s3]") {
  CHECK(percent_encoded("a/b c+\u00e4~", "/") == "a/b%20c%2B%C3%A4~");
  CHECK(percent_decoded("a%2Fb%C3%A4") == "a/b\u00e4");
  CHECK(percent_decoded("%2").has_value() == false);
  CHECK(percent_decoded("%zz").has_value() == false);
  CHECK(percent_decoded("%+1").has_value() == false);
}

/// What an answer of this status and code becomes.
Error error_for(int status, const std::string& code, const std::string& more = "",
                const std::string& method = "GET") {
  S3Settings settings;
  settings.endpoint = parse_http_url("https://s3.example.com");
  settings.region = "here";
  settings.credentials = {"AKID", "hunter2", "hunter3"};
  const S3Bucket bucket(settings, "box");
  HttpResponse response;
  response.status = status;
  response.headers["date"] = "Tue, 01 Jan 2030 00:00:00 GMT";
  response.problem = "<Error><Code>" + code + "</Code><Message>hear</Message>" + more + "</Error>";
  return bucket.error_of(response, {.method = method, .key = "p/a.zip"});
}

TEST_CASE("a refusal becomes what it means and what to do", "[s3]") {
  CHECK(error_for(403, "SignatureDoesNotMatch").kind() == ErrorKind::key);
  CHECK_THAT(error_for(403, "SignatureDoesNotMatch").message(), ContainsSubstring("secret key"));
  CHECK_THAT(error_for(403, "InvalidAccessKeyId").message(), ContainsSubstring("AKID"));
  CHECK(error_for(400, "ExpiredToken").kind() == ErrorKind::key);
  CHECK_THAT(error_for(403, "AccessDenied", "", "DELETE").hint(),
             ContainsSubstring("s3:DeleteObject"));
  CHECK_THAT(error_for(403, "RequestTimeTooSkewed").message(), ContainsSubstring("01 Jan 2030"));
  CHECK(error_for(404, "NoSuchBucket").kind() == ErrorKind::usage);
  CHECK(error_for(404, "NoSuchKey").kind() == ErrorKind::not_found);
  CHECK(error_for(503, "SlowDown").kind() == ErrorKind::failed);
  const Error region = error_for(400, "AuthorizationHeaderMalformed", "<Region>there</Region>");
  CHECK(region.kind() == ErrorKind::usage);
  CHECK_THAT(region.message(), ContainsSubstring("not in the region here but in there"));
  CHECK(region.hint() == "--s3-region there");
  for (const char* code : {"SignatureDoesNotMatch", "InvalidToken", "AccessDenied", "Other"}) {
    const Error error = error_for(403, code);
    CHECK_THAT(error.message() + error.hint(), !ContainsSubstring("hunter"));
  }
}

}  // namespace
}  // namespace a2a_backup::test
