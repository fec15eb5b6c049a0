// SPDX-License-Identifier: MIT
#include "a2a_backup/cli/html_text.hpp"
#include "catch.hpp"

using namespace a2a_backup;

TEST_CASE("what means something in HTML is escaped", "[html]") {
  CHECK(html_escape("<script>alert('1' + \"2\")</script> & co") ==
        "&lt;script&gt;alert(&#39;1&#39; + &quot;2&quot;)&lt;/script&gt; &amp; co");
  CHECK(html_escape("&lt;") == "&amp;lt;");
  CHECK(html_escape("Grüße, 調査員 🚀") == "Grüße, 調査員 🚀");
}

TEST_CASE("what nobody could see is spelled out", "[html]") {
  CHECK(html_escape(std::string_view("a\0b\n\t\x1b[31m\x7f", 11)) ==
        "a\\x00b\\x0a\\x09\\x1b[31m\\x7f");
  CHECK(html_escape("\u0085\u009f") == "\\u0085\\u009f");
  CHECK(html_escape("txt.\u202egpj\u202c\u2066\u200f\u061c") ==
        "txt.\\u202egpj\\u202c\\u2066\\u200f\\u061c");
  CHECK(html_escape("\u200b\u2028\u00ad\ufeff\uffff") == "\\u200b\\u2028\\u00ad\\ufeff\\uffff");
}

TEST_CASE("bytes that are not UTF-8 are spelled out", "[html]") {
  CHECK(html_escape("\xff\xfe") == "\\xff\\xfe");
  CHECK(html_escape("caf\xe9 <") == "caf\\xe9 &lt;");
  CHECK(html_escape("\xc0\xbc") == "\\xc0\\xbc");                    // an overlong '<'
  CHECK(html_escape("\xe0\x80\xbc") == "\\xe0\\x80\\xbc");           // and a longer one
  CHECK(html_escape("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(html_escape("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above the last character
  CHECK(html_escape("\xe2\x82") == "\\xe2\\x82");                    // cut off
  CHECK(html_escape("\xe2<b>") == "\\xe2&lt;b&gt;");
}

TEST_CASE("text that may run from right to left stands apart", "[html]") {
  CHECK(html_foreign("plain <") == "plain &lt;");
  CHECK(html_foreign("שלום") == "<bdi>שלום</bdi>");
}

TEST_CASE("a policy names the digest of an inline text", "[html]") {
  // The SHA-256 of nothing, as everybody knows it.
  CHECK(csp_source("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
  CHECK(csp_source("abc") == "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='");
}
