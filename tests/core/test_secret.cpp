// SPDX-License-Identifier: MIT
#include "a2a_backup/core/secret.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup::test {
namespace {

using Catch::Matchers::ContainsSubstring;

void write_secret(const fs::path& file, const std::string& text, unsigned mode = 0600) {
  write_text(file, text);
  fs::permissions(file, static_cast<fs::perms>(mode));
}

TEST_CASE("a secret comes from the environment, else from the file it names", "[secret]") {
  const TempDir dir;
  write_secret(dir / "key", "from-the-file\nsecond line\n");
  const Environment file("A2A_TEST_KEY_FILE", (dir / "key").string());
  {
    const Environment value("A2A_TEST_KEY", "from-the-environment");
    CHECK(secret_from_environment("A2A_TEST_KEY") == "from-the-environment");
  }
  const Environment value("A2A_TEST_KEY", std::nullopt);
  CHECK(secret_from_environment("A2A_TEST_KEY") == "from-the-file");
  const Environment no_file("A2A_TEST_KEY_FILE", std::nullopt);
  CHECK(!secret_from_environment("A2A_TEST_KEY").has_value());
}

TEST_CASE("a secret that others can read is refused", "[secret]") {
  const TempDir dir;
  for (const unsigned mode : {0640U, 0604U, 0620U, 0602U, 0644U}) {
    write_secret(dir / "key", "hunter2", mode);
    const Error error = error_of([&] { read_secret_file(dir / "key"); });
    CHECK(error.kind() == ErrorKind::key);
    CHECK_THAT(error.message() + error.hint(), !ContainsSubstring("hunter2"));
  }
}

TEST_CASE("a secret is one word of printable ASCII", "[secret]") {
  const TempDir dir;
  for (const char* bad :
       {"", "\n", "two words", "a\rX-Injected: b", "\x01\x02", "schl\xc3\xbcssel"}) {
    write_secret(dir / "key", bad);
    CHECK(error_of([&] { read_secret_file(dir / "key"); }).kind() == ErrorKind::key);
  }
  write_secret(dir / "key", "windows\r\n");
  CHECK(read_secret_file(dir / "key") == "windows");
  CHECK(error_of([&] { read_secret_file(dir / "missing"); }).kind() == ErrorKind::key);
  CHECK(error_of([&] { read_secret_file(dir.path()); }).kind() == ErrorKind::key);
}

TEST_CASE("secrets are compared whole", "[secret]") {
  CHECK(equal_secrets("abc", "abc"));
  CHECK(!equal_secrets("abc", "abd"));
  CHECK(!equal_secrets("ab", "abc"));
  CHECK(!equal_secrets("", "abc"));
}

}  // namespace
}  // namespace a2a_backup::test
