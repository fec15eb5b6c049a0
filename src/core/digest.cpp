// SPDX-License-Identifier: MIT
#include "a2a_backup/core/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#include <algorithm>

#include "a2a_backup/core/error.hpp"

namespace a2a_backup {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

namespace {

constexpr std::size_t digest_size = 32;

void require(int ok) {
  if (ok != 1) throw Error(ErrorKind::failed, "OpenSSL cannot compute a SHA-256");
}

}  // namespace

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> data) {
  require(EVP_DigestUpdate(state_->context, data.data(), data.size()));
}

std::string Sha256::finish() {
  std::array<unsigned char, digest_size> digest{};
  require(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr));
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string sha256_hex(std::string_view data) {
  Sha256 digest;
  digest.update(std::as_bytes(std::span(data)));
  return digest.finish();
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  std::array<unsigned char, digest_size> digest{};
  const unsigned char* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                   reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                                   digest.data(), nullptr);
  require(made == nullptr ? 0 : 1);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4U];
    text += digits[static_cast<unsigned char>(byte) & 15U];
  }
  return text;
}

std::uint32_t crc32_update(std::uint32_t crc, std::span<const std::byte> data) {
  if (data.empty()) return crc;  // to zlib a null pointer means: start anew
  return static_cast<std::uint32_t>(
      crc32_z(crc, reinterpret_cast<const Bytef*>(data.data()), data.size()));
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace a2a_backup
