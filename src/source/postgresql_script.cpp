// SPDX-License-Identifier: MIT
#include "postgresql_script.hpp"

#include <algorithm>

#include "a2a_backup/source/postgresql_dump.hpp"
#include "postgresql_program.hpp"

namespace a2a_backup {
namespace {

/// "2; 3079 16385 EXTENSION - pg_trgm " and "3366; 0 0 COMMENT - EXTENSION pg_trgm ".
bool is_about(const std::string& line, const std::string& extension) {
  return line.find(" EXTENSION - " + extension + " ") != std::string::npos ||
         line.find(" COMMENT - EXTENSION " + extension + " ") != std::string::npos;
}

SubprocessOptions listened_to(std::vector<std::string> command) {
  SubprocessOptions options = postgresql_program(std::move(command));
  options.read_output = true;
  return options;
}

void require_good(const ProgramResult& result, const fs::path& dump) {
  require_readable_dump(result, dump.string(), ErrorKind::failed);
}

/// Ends well only when pg_restore did.
class ScriptReader : public Reader {
 public:
  ScriptReader(SubprocessOptions options, fs::path dump)
      : dump_(std::move(dump)), pg_restore_(std::move(options)) {}
  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t got = pg_restore_.read(buffer);
    if (got == 0 && !buffer.empty()) require_good(pg_restore_.wait(), dump_);
    return got;
  }

 private:
  fs::path dump_;
  Subprocess pg_restore_;
};

/// What stands between the settings at the top and the first object. Format: pg_restore's output
/// with --clean, of versions 12 to 18.
class DropSection {
 public:
  /// False when the section is over.
  bool add(std::string_view line) {
    if (in_head_) {
      in_head_ = line != "SET row_security = off;";
      return true;
    }
    if (line.starts_with("--") || line.starts_with("SET default_")) return false;
    text_.append(line).append("\n");
    return true;
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
  bool in_head_ = true;
};

}  // namespace

PostgresqlScript::PostgresqlScript(const fs::path& dump, bool no_owner,
                                   const std::vector<std::string>& present)
    : dump_(dump),
      list_(dump.string() + ".list"),
      no_owner_(no_owner),
      contents_(list_dump(dump, dump.string(), ErrorKind::failed)) {
  const auto left_out = [&](const std::string& line) {
    return std::any_of(present.begin(), present.end(),
                       [&](const std::string& extension) { return is_about(line, extension); });
  };
  std::string list;
  for (const std::string& line : contents_) {
    if (!left_out(line)) list.append(line).append("\n");
  }
  remove_quietly(list_);
  write_all(create_new(list_).get(), list, list_);
}

std::vector<std::string> PostgresqlScript::command(std::vector<std::string> options) const {
  options.insert(options.begin(), "pg_restore");
  if (no_owner_) options.insert(options.end(), {"--no-owner", "--no-privileges"});
  options.insert(options.end(), {"--use-list=" + list_.string(), "--file=-", dump_.string()});
  return options;
}

std::string PostgresqlScript::drops() const {
  Subprocess pg_restore(listened_to(command({"--clean", "--if-exists"})));
  DropSection section;
  std::string line;
  std::vector<std::byte> buffer(std::size_t{16} << 10);
  while (const std::size_t got = pg_restore.read(buffer)) {
    for (const std::byte byte : std::span(buffer).first(got)) {
      if (byte != std::byte{'\n'}) {
        line += static_cast<char>(byte);
      } else if (!section.add(line)) {
        return std::move(section).text();  // the rest, all of the data, is not waited for
      } else {
        line.clear();
      }
    }
  }
  require_good(pg_restore.wait(), dump_);
  return std::move(section).text();
}

std::unique_ptr<Reader> PostgresqlScript::open() const {
  return std::make_unique<ScriptReader>(listened_to(command({})), dump_);
}

}  // namespace a2a_backup
