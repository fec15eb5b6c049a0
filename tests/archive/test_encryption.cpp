// SPDX-License-Identifier: MIT
#include <array>

#include "a2a_backup/archive/encryption.hpp"
#include "a2a_backup/core/subprocess.hpp"
#include "a2a_backup/core/unnamed_file.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace a2a_backup;
using namespace a2a_backup::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A new secret key in the file `path`; returns its public half.
std::string make_key(const fs::path& path) {
  SubprocessOptions options;
  options.command = {"age-keygen"};
  const ProgramRun run = run_program(std::move(options));
  write_text(path, run.output);
  fs::permissions(path, fs::perms{0600});
  const std::size_t start = run.output.find("age1");
  return run.output.substr(start, run.output.find('\n', start) - start);
}

struct Fixture {
  TempDir dir;
  std::string recipient = make_key(dir / "key");
  std::string identity = dir / "key";
  std::string content = std::string(300'000, 'x') + "the end";

  std::unique_ptr<RandomAccess> plain() const {
    write_text(dir / "plain", content);
    return open_random_access(dir / "plain");
  }
  void encrypt(const std::vector<std::string>& recipients, Progress& progress = no_progress()) {
    Encryption(recipients).encrypt(*plain(), dir / "encrypted", progress);
  }
  std::string decrypt_with(const std::vector<std::string>& identities) const {
    const auto file = open_random_access(dir / "encrypted");
    const UniqueFd fd = create_unnamed(dir.path());
    decrypt(*file, identities, fd.get(), no_progress());
    const auto decrypted = random_access_to(fd.get(), "decrypted");
    RandomAccessReader reader(*decrypted);
    return read_all(reader);
  }
  ErrorKind kind_with(const std::vector<std::string>& identities) const {
    return error_of([&] { decrypt_with(identities); }).kind();
  }
};

/// A folder of its own at the front of PATH, with a program `age` made of shell.
class FakeAge {
 public:
  explicit FakeAge(const std::string& script)
      : real_(find_program("age").value()),
        path_("PATH", dir_.path().string() + ":" + std::getenv("PATH")) {
    write_text(dir_ / "age", "#!/bin/sh\nreal=" + real_.string() + "\n" + script + "\n");
    fs::permissions(dir_ / "age", fs::perms{0700});
  }

 private:
  TempDir dir_;
  fs::path real_;
  Environment path_;
};

}  // namespace

TEST_CASE("what is encrypted is decrypted by each of the recipients", "[encryption]") {
  Fixture f;
  const std::string second = make_key(f.dir / "second");
  TestProgress progress;
  f.encrypt({f.recipient, second}, progress);
  const std::string encrypted = read_text_file(f.dir / "encrypted");
  CHECK(encrypted.starts_with("age-encryption.org/v1\n"));
  CHECK(encrypted.find("the end") == std::string::npos);
  CHECK(mode_of(f.dir / "encrypted") == 0600);
  CHECK(is_encrypted(*open_random_access(f.dir / "encrypted")));
  CHECK(!is_encrypted(*f.plain()));
  CHECK(f.decrypt_with({f.identity}) == f.content);
  CHECK(f.decrypt_with({f.dir / "second"}) == f.content);
  CHECK(progress.phases.at("encrypt") == f.content.size());
  CHECK(progress.phases.at("decrypt") == encrypted.size());
  // The proof's own key is one recipient more, and nothing else of it is anywhere.
  std::size_t stanzas = 0;
  for (std::size_t at = encrypted.find("-> X25519"); at != std::string::npos;
       at = encrypted.find("-> X25519", at + 1)) {
    ++stanzas;
  }
  CHECK(stanzas == 3);
}

TEST_CASE("a file that only just begins as an encrypted one is none", "[encryption]") {
  const TempDir dir;
  write_text(dir / "short", "age-encryption.org/v1");
  write_text(dir / "other", "age-encryption.org/v2\nx");
  write_text(dir / "empty", "");
  for (const char* name : {"short", "other", "empty"}) {
    CHECK(!is_encrypted(*open_random_access(dir / name)));
  }
}

TEST_CASE("a key that does not fit is another error than damage", "[encryption]") {
  Fixture f;
  f.encrypt({f.recipient});
  make_key(f.dir / "other");
  CHECK(f.kind_with({}) == ErrorKind::key);
  CHECK(f.kind_with({f.dir / "other"}) == ErrorKind::key);
  CHECK(f.kind_with({f.dir / "missing"}) == ErrorKind::key);
  write_text(f.dir / "junk", "age-encryption.org/v1\n");
  fs::permissions(f.dir / "junk", fs::perms{0600});
  CHECK(f.kind_with({f.dir / "junk"}) == ErrorKind::key);
  CHECK(f.decrypt_with({f.dir / "other", f.identity}) == f.content);

  const std::string whole = read_text_file(f.dir / "encrypted");
  const std::size_t mac = whole.find("\n--- ") + 6;
  for (const std::size_t offset : {mac, mac + 60, mac + 70'000, whole.size() - 1}) {
    write_text(f.dir / "encrypted", whole);
    flip_byte(f.dir / "encrypted", offset);
    CHECK(f.kind_with({f.identity}) == ErrorKind::archive);
  }
  for (const std::size_t size : {std::size_t{30}, mac, mac + 50, mac + 70'000, whole.size() - 1}) {
    write_text(f.dir / "encrypted", whole.substr(0, size));
    CHECK(f.kind_with({f.identity}) == ErrorKind::archive);
  }
}

TEST_CASE("a secret key that others can get at is refused", "[encryption]") {
  Fixture f;
  f.encrypt({f.recipient});
  for (const unsigned mode : {0640U, 0620U, 0604U, 0602U}) {
    fs::permissions(f.identity, fs::perms{mode});
    const Error error = error_of([&] { f.decrypt_with({f.identity}); });
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(error.hint() == "chmod 600 " + f.identity);
  }
}

TEST_CASE("recipients that age does not accept, or that are secrets, are refused", "[encryption]") {
  Fixture f;
  write_text(f.dir / "loose", f.recipient + "\n");
  fs::permissions(f.dir / "loose", fs::perms{0666});
  write_text(f.dir / "none", "# nobody\n");
  for (const std::string& recipient :
       {std::string("age1x"), std::string("ssh-ed25519 x"), std::string("-"), std::string(),
        (f.dir / "loose").string(), (f.dir / "none").string(), f.dir.path().string(), f.identity}) {
    const Error error = error_of([&] { Encryption({recipient}); });
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(!error.hint().empty());
  }
  const std::string key = read_text_file(f.identity);
  const std::string secret = key.substr(key.find("AGE-SECRET-KEY-"));
  const Error error = error_of([&] { Encryption({secret}); });
  CHECK(error.kind() == ErrorKind::usage);
  CHECK(error.message().find(secret.substr(15, 20)) == std::string::npos);
}

TEST_CASE("an encryption that does not decrypt to the same is found", "[encryption]") {
  Fixture f;
  const FakeAge fake(R"([ "$1" = --decrypt ] || { head -c 1000 | exec "$real" "$@"; exit; }
exec "$real" "$@")");
  const Error error = error_of([&] { f.encrypt({f.recipient}); });
  CHECK(error.kind() == ErrorKind::failed);
  CHECK_THAT(error.message(), ContainsSubstring("does not decrypt to what was encrypted"));
}

TEST_CASE("recipients that do not mix with our key are encrypted to without proof",
          "[encryption]") {
  Fixture f;
  CHECK(Encryption({f.recipient}).can_prove());
  const FakeAge fake(R"([ "$1" = --decrypt ] || [ $# -le 2 ] || exit 1
exec "$real" "$@")");
  CHECK(!Encryption({f.recipient}).can_prove());
  TestProgress progress;
  f.encrypt({f.recipient}, progress);
  CHECK(!progress.phases.contains("decrypt"));
  CHECK(f.decrypt_with({f.identity}) == f.content);
}

TEST_CASE("without age it says how to get it", "[encryption]") {
  Fixture f;
  f.encrypt({f.recipient});
  const Environment path("PATH", f.dir.path().string());
  for (const Error& error : {error_of([&] { Encryption({f.recipient}); }),
                             error_of([&] { f.decrypt_with({f.identity}); })}) {
    CHECK(error.kind() == ErrorKind::failed);
    CHECK_THAT(error.hint(), ContainsSubstring("apt-get install age"));
  }
}
