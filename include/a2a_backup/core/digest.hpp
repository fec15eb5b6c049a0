// SPDX-License-Identifier: MIT
/// SHA-256 (FIPS 180-4), HMAC with it (RFC 2104), and the CRC-32 of zip (ISO 3309).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace a2a_backup {

/// A SHA-256 in progress.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> data);
  /// 64 lower-case hexadecimal digits. Call once, after the last update.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view data);

/// The 32 bytes of HMAC-SHA-256.
std::string hmac_sha256(std::string_view key, std::string_view data);

/// Two lower-case hexadecimal digits for each byte.
std::string to_hex(std::string_view bytes);

/// The CRC-32 of what `crc` covers followed by `data`; start with 0.
std::uint32_t crc32_update(std::uint32_t crc, std::span<const std::byte> data);

/// Whether `text` is 64 lower-case hexadecimal digits.
bool is_sha256_hex(std::string_view text);

}  // namespace a2a_backup
