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

std::unique_ptr<Reader> PostgresqlScript::output(std::vector<std::string> options) const {
  options.insert(options.begin(), "pg_restore");
  if (no_owner_) options.insert(options.end(), {"--no-owner", "--no-privileges"});
  options.insert(options.end(), {"--use-list=" + list_.string(), "--file=-", dump_.string()});
  return std::make_unique<ProgramOutput>(postgresql_program(std::move(options)),
                                         [name = dump_.string()](const ProgramResult& result) {
                                           require_readable_dump(result, name, ErrorKind::failed);
                                         });
}

std::string PostgresqlScript::drops() const {
  const std::unique_ptr<Reader> script = output({"--clean", "--if-exists"});
  DropSection section;
  std::string line;
  std::vector<std::byte> buffer(std::size_t{16} << 10);
  while (const std::size_t got = script->read(buffer)) {
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
  return std::move(section).text();
}

std::unique_ptr<Reader> PostgresqlScript::open() const {
  return output({});
}

}  // namespace a2a_backup
