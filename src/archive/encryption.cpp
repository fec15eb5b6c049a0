// SPDX-License-Identifier: MIT
#include "a2a_backup/archive/encryption.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "a2a_backup/archive/entry_name.hpp"
#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/subprocess.hpp"
#include "a2a_backup/core/text.hpp"
#include "a2a_backup/core/unnamed_file.hpp"

namespace a2a_backup {
namespace {

constexpr std::string_view first_line = "age-encryption.org/v1\n";

/// Hashes what passes.
class DigestingReader : public Reader {
 public:
  DigestingReader(std::unique_ptr<Reader> input, Sha256& sha256)
      : input_(std::move(input)), sha256_(sha256) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t got = input_->read(buffer);
    sha256_.update(buffer.first(got));
    return got;
  }

 private:
  std::unique_ptr<Reader> input_;
  Sha256& sha256_;
};

std::unique_ptr<Reader> observed(const RandomAccess& file, Progress& progress) {
  return std::make_unique<ObservedReader>(std::make_unique<RandomAccessReader>(file), progress);
}

SubprocessOptions program(std::vector<std::string> command) {
  SubprocessOptions options;
  options.command = std::move(command);
  options.hint_when_missing =
      "install it on this machine: apt-get install age, or see https://age-encryption.org; it is "
      "looked for on PATH";
  return options;
}

/// What age itself says: the line behind "age: error: ". More lines follow that are for others.
std::string reason_of(const ProgramResult& result) {
  constexpr std::string_view mark = "age: error: ";
  const std::size_t found = result.messages.find(mark);
  if (found == std::string::npos) return result.reason();
  const std::size_t start = found + mark.size();
  return result.messages.substr(start, result.messages.find('\n', start) - start);
}

void require_recipients_file(const std::string& file) {
  const auto status = stat_path(file);
  if (!status || S_ISDIR(status->st_mode)) {
    throw Error(ErrorKind::usage, "'" + printable(file) + "' is neither a recipient nor a file",
                "a recipient begins with age1 or ssh-; 'age-keygen -y KEY_FILE' shows yours");
  }
  if ((status->st_mode & 022U) == 0) return;
  throw Error(ErrorKind::usage,
              file + " can be written by others, who could add themselves as recipients",
              "chmod go-w " + shell_word(file));
}

/// As age takes it. An absolute path is neither an option nor the "-" that means stdin.
std::vector<std::string> recipient_arguments(const std::string& recipient) {
  const std::string folded = fold_case(recipient);
  if (folded.starts_with("age-secret-key-") || folded.starts_with("age-plugin-")) {
    throw Error(ErrorKind::usage, "a secret key was given as the recipient",
                "give its public half, which 'age-keygen -y KEY_FILE' shows");
  }
  if (recipient.starts_with("age1") || recipient.starts_with("ssh-")) return {"-r", recipient};
  require_recipients_file(recipient);
  return {"-R", fs::absolute(recipient).string()};
}

struct KeyPair {
  std::string identity;
  std::string recipient;
};

std::string line_after(const std::string& text, std::string_view mark) {
  const std::size_t found = text.find(mark);
  if (found == std::string::npos) return {};
  const std::size_t start = found + mark.size();
  return text.substr(start, text.find('\n', start) - start);
}

KeyPair make_key_pair() {
  const ProgramRun run = run_program(program({"age-keygen"}), 4096);
  const std::string recipient = line_after(run.output, "# public key: ");
  if (!run.result.good() || !recipient.starts_with("age1")) {
    throw Error(ErrorKind::failed, "age-keygen makes no key: " + run.result.ending());
  }
  return {run.output, recipient};
}

/// Encrypts nothing, which tells whether age accepts the recipients.
ProgramResult try_out(const std::vector<std::string>& command) {
  return run_program(program(command)).result;
}

void require_private(const std::string& identity) {
  const auto status = stat_path(identity);
  if (!status) {
    throw Error(ErrorKind::key, "there is no identity file " + identity,
                "name the file with your secret key: --identity FILE");
  }
  if ((status->st_mode & 077U) == 0) return;
  throw Error(ErrorKind::usage, identity + " holds a secret key and is open to others",
              "chmod 600 " + shell_word(identity));
}

/// age tells its failures apart in words alone. `began` says that some of the content came out, so
/// that the key was the right one.
bool is_damage(const std::string& reason, bool began) {
  const auto says = [&](std::string_view words) { return reason.find(words) != reason.npos; };
  if (began) return true;
  if (says("identity") || says("reading \"")) return false;
  return says("header") || says("nonce") || says("payload") || says("chunk") || says("EOF");
}

[[noreturn]] void cannot_decrypt(const std::string& name, const ProgramResult& result, bool began) {
  const std::string reason = reason_of(result);
  if (result.signal != 0) throw Error(ErrorKind::failed, "age was ended by " + result.ending());
  if (is_damage(reason, began)) {
    throw Error(ErrorKind::archive, name + " is damaged: " + reason,
                "choose an older backup: a2a-backup list");
  }
  if (reason.starts_with("no identity matched")) {
    throw Error(ErrorKind::key, name + ": none of the identities opens it",
                "name another one with --identity FILE; if it is the right one, the beginning of "
                "the file is damaged");
  }
  throw Error(ErrorKind::key, name + ": cannot use the identity: " + reason,
              "name the file with your secret key with --identity FILE; a protected one needs a "
              "terminal to ask for its passphrase on");
}

}  // namespace

bool is_encrypted(const RandomAccess& file) {
  if (file.size() < first_line.size()) return false;
  std::array<std::byte, first_line.size()> start{};
  file.read_at(0, start);
  return std::ranges::equal(start, std::as_bytes(std::span(first_line)));
}

Encryption::Encryption(const std::vector<std::string>& recipients) : command_{"age"} {
  for (const std::string& recipient : recipients) {
    for (std::string& argument : recipient_arguments(recipient)) {
      command_.push_back(std::move(argument));
    }
  }
  const KeyPair own = make_key_pair();
  std::vector<std::string> with_own = command_;
  with_own.insert(with_own.end(), {"-r", own.recipient});
  if (try_out(with_own).good()) {
    command_ = std::move(with_own);
    identity_ = own.identity;
    return;
  }
  const ProgramResult alone = try_out(command_);
  if (alone.good()) return;
  throw Error(ErrorKind::usage, "cannot encrypt to these recipients: " + reason_of(alone),
              "a recipient is the public half of a key: age1... or ssh-ed25519 ..., see "
              "'age-keygen -y KEY_FILE'");
}

void Encryption::encrypt(const RandomAccess& plain, const fs::path& path,
                         Progress& progress) const {
  progress.phase("encrypt", plain.size());
  Sha256 sha256;
  SubprocessOptions options = program(command_);
  options.feed = std::make_unique<DigestingReader>(observed(plain, progress), sha256);
  options.read_output = true;
  const UniqueFd fd = create_new(path);
  Subprocess age(std::move(options));
  copy_all(age, fd.get(), path);
  const ProgramResult& result = age.wait();
  if (!result.good()) throw Error(ErrorKind::failed, "age cannot encrypt: " + reason_of(result));
  sync_fd(fd.get(), path);
  if (can_prove()) prove(path, {plain.size(), sha256.finish()}, progress);
}

void Encryption::prove(const fs::path& path, const FileDigest& plain, Progress& progress) const {
  const auto file = open_random_access(path);
  progress.phase("decrypt", file->size());
  const UniqueFd identity = pipe_holding(identity_);
  SubprocessOptions options =
      program({"age", "--decrypt", "-i", "/dev/fd/" + std::to_string(identity.get())});
  options.inherited = {identity.get()};
  options.feed = observed(*file, progress);
  options.read_output = true;
  Subprocess age(std::move(options));
  const FileDigest decrypted = digest_of(age);
  const ProgramResult& result = age.wait();
  const bool same = decrypted.size == plain.size && decrypted.sha256 == plain.sha256;
  if (result.good() && same) return;
  throw Error(ErrorKind::failed,
              "the encrypted archive does not decrypt to what was encrypted: " +
                  (result.good() ? "it differs" : reason_of(result)),
              "try again, or another disk with --backup-dir; this disk or memory may be failing");
}

void decrypt(const RandomAccess& file, const std::vector<std::string>& identities, int fd,
             Progress& progress) {
  if (identities.empty()) {
    throw Error(ErrorKind::key, file.name() + " is encrypted",
                "name the file with your secret key: --identity FILE");
  }
  std::vector<std::string> command{"age", "--decrypt"};
  for (const std::string& identity : identities) {
    require_private(identity);
    command.insert(command.end(), {"-i", fs::absolute(identity).string()});
  }
  progress.phase("decrypt", file.size());
  SubprocessOptions options = program(std::move(command));
  options.feed = observed(file, progress);
  options.read_output = true;
  options.asks_on_terminal = true;
  Subprocess age(std::move(options));
  copy_all(age, fd, "the decrypted " + file.name());
  const ProgramResult& result = age.wait();
  if (!result.good()) cannot_decrypt(file.name(), result, lseek(fd, 0, SEEK_CUR) > 0);
}

}  // namespace a2a_backup
