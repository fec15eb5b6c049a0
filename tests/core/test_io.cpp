// SPDX-License-Identifier: MIT
#include <array>

#include "a2a_backup/core/io.hpp"
#include "a2a_backup/core/progress.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;

TEST_CASE("read_full fills the buffer from short reads", "[io]") {
  TextReader reader("abcdefgh", 3);
  std::array<std::byte, 5> buffer{};
  CHECK(read_full(reader, buffer) == 5);
  CHECK(static_cast<char>(buffer[4]) == 'e');
  CHECK(read_full(reader, buffer) == 3);
  CHECK(static_cast<char>(buffer[2]) == 'h');
  CHECK(read_full(reader, buffer) == 0);
  CHECK(read_full(reader, {}) == 0);
}

TEST_CASE("read_text reads up to its limit and refuses one byte more", "[io]") {
  const std::string text(200'000, 'x');
  TextReader whole(text, 7777);
  CHECK(read_text(whole, text.size()) == text);
  TextReader empty("");
  CHECK(read_text(empty, 0).empty());
  TextReader longer(text, 7777);
  const Error error = error_of([&] { read_text(longer, text.size() - 1); });
  CHECK(error.kind() == ErrorKind::failed);
  CHECK(error.message() == "more than 199999 bytes of text");
}

TEST_CASE("an observed stream is passed on and counted", "[io]") {
  TestProgress progress;
  progress.phase("snapshot", 8);
  ObservedReader reader(std::make_unique<TextReader>("abcdefgh", 3), progress);
  CHECK(read_all(reader) == "abcdefgh");
  CHECK(progress.phases["snapshot"] == 8);
}

TEST_CASE("the silent observer takes everything", "[io]") {
  no_progress().phase("prove", 1);
  ObservedReader reader(std::make_unique<TextReader>("abc"), no_progress());
  CHECK(read_all(reader) == "abc");
}
