// SPDX-License-Identifier: MIT
/// Archives encrypted by the program age, in the format age-encryption.org/v1
/// (https://age-encryption.org/v1).
#pragma once

#include <string>
#include <vector>

#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/progress.hpp"

namespace a2a_backup {

/// Whether the file begins as the format has it.
bool is_encrypted(const RandomAccess& file);

/// To whom archives are encrypted. Holds a key pair of its own, made for this run and known to
/// nobody else, to which everything is encrypted too: so the result can be decrypted, and proven,
/// on a machine that has none of the secret keys. It is forgotten with the object.
class Encryption {
 public:
  /// Each recipient is "age1...", "ssh-..." (a public key) or a file of such lines. Lets age try
  /// them. Throws Error of kind `usage` for one that it does not accept, of kind `failed` when age
  /// is not installed.
  explicit Encryption(const std::vector<std::string>& recipients);

  /// False when age does not mix these recipients with an ordinary key, as with post-quantum ones.
  bool can_prove() const { return !identity_.empty(); }

  /// Encrypts `plain` to the new 0600 file `path`, durably, and when it can, decrypts it again and
  /// compares. Throws Error of kind `failed`; the file may then be left behind.
  void encrypt(const RandomAccess& plain, const fs::path& path, Progress& progress) const;

 private:
  void prove(const fs::path& path, const FileDigest& plain, Progress& progress) const;

  std::vector<std::string> command_;  ///< age, and to whom it encrypts
  std::string identity_;              ///< the secret key of this run, or ""
};

/// Decrypts `file` into the empty file `fd`, with the secret keys in `identities`. age itself asks
/// on the terminal for the passphrase of a protected one. Throws Error of kind `key` when there are
/// none, or none that fits; of kind `usage` when others than the owner can read or write one; of
/// kind `archive` when the file is damaged; of kind `failed` when age is not installed.
void decrypt(const RandomAccess& file, const std::vector<std::string>& identities, int fd,
             Progress& progress);

}  // namespace a2a_backup
