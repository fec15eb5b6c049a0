// SPDX-License-Identifier: MIT
#include "a2a_backup/core/secret.hpp"

#include <algorithm>

#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/environment.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint64_t max_secret = std::uint64_t{64} << 10;

/// A control character would end the header that the secret is sent in, and begin another one.
std::string checked(std::string secret, const std::string& where) {
  const bool good = !secret.empty() && std::all_of(secret.begin(), secret.end(),
                                                   [](char c) { return c > ' ' && c < 0x7f; });
  if (good) return secret;
  throw Error(ErrorKind::key, where + " does not hold a key: it is one word of printable ASCII");
}

}  // namespace

std::optional<std::string> secret_from_environment(const std::string& name) {
  const std::string value = environment(name);
  if (!value.empty()) return checked(value, name);
  const std::string file = environment(name + "_FILE");
  if (file.empty()) return std::nullopt;
  return read_secret_file(file);
}

std::string read_secret_file(const fs::path& file) {
  const UniqueFd fd = open_read(file, ErrorKind::key);
  struct stat status {};
  fstat(fd.get(), &status);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::key, file.string() + " is not a regular file");
  }
  if ((status.st_mode & 077U) != 0) {
    throw Error(ErrorKind::key, file.string() + " holds a key, and others can read or change it",
                "chmod 600 " + shell_word(file.string()));
  }
  if (static_cast<std::uint64_t>(status.st_size) > max_secret) {
    throw Error(ErrorKind::key, file.string() + " is too large for a key");
  }
  FdReader reader(fd.get(), file, ErrorKind::key);
  const std::string text = read_text(reader, max_secret);
  std::string line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  return checked(std::move(line), file.string());
}

bool equal_secrets(const std::string& given, const std::string& expected) {
  // Digests have one length, and where they differ says nothing about the secrets.
  const std::string a = sha256_hex(given);
  const std::string b = sha256_hex(expected);
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |=
        static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

}  // namespace a2a_backup
