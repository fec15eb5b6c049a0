// SPDX-License-Identifier: MIT
#include "a2a_backup/core/digest.hpp"
#include "catch.hpp"

using namespace a2a_backup;

namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

// The expected values are the examples of FIPS 180-4 (NIST) and the check value of the CRC-32.

TEST_CASE("SHA-256 gives the published values", "[digest]") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("SHA-256 of a million letters, in pieces of every size", "[digest]") {
  Sha256 digest;
  const std::string letters(1000, 'a');
  std::size_t left = 1'000'000;
  for (std::size_t step = 0; left > 0; ++step) {
    const std::size_t count = std::min(left, step % 1000);
    digest.update(bytes(letters).first(count));
    left -= count;
  }
  CHECK(digest.finish() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a SHA-256 in progress can be moved", "[digest]") {
  Sha256 first;
  first.update(bytes("a"));
  Sha256 second(std::move(first));
  second.update(bytes("b"));
  Sha256 third;
  third.update(bytes("unwanted"));
  third = std::move(second);
  third.update(bytes("c"));
  CHECK(third.finish() == sha256_hex("abc"));
}

TEST_CASE("the CRC-32 is that of zip, and goes on where it stood", "[digest]") {
  CHECK(crc32_update(0, bytes("123456789")) == 0xcbf43926U);
  CHECK(crc32_update(crc32_update(0, bytes("1234")), bytes("56789")) == 0xcbf43926U);
  CHECK(crc32_update(0, bytes("")) == 0);
  CHECK(crc32_update(0xcbf43926U, bytes("123456789").first(0)) == 0xcbf43926U);
}

TEST_CASE("no data leaves a CRC-32 as it is", "[digest]") {
  CHECK(crc32_update(0xcbf43926U, std::span<const std::byte>{}) == 0xcbf43926U);
}

TEST_CASE("a SHA-256 in text is 64 lower-case digits", "[digest]") {
  const std::string good = sha256_hex("x");
  CHECK(is_sha256_hex(good));
  CHECK(!is_sha256_hex(""));
  CHECK(!is_sha256_hex(good.substr(1)));
  CHECK(!is_sha256_hex(good + "0"));
  CHECK(!is_sha256_hex(std::string(64, 'A')));
  CHECK(!is_sha256_hex(std::string(64, 'g')));
  CHECK(!is_sha256_hex(std::string(63, 'a') + " "));
}
