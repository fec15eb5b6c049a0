// SPDX-License-Identifier: MIT
#include "a2a_backup/source/postgresql_dump.hpp"

#include "a2a_backup/core/digest.hpp"
#include "postgresql_program.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint64_t max_list = std::uint64_t{64} << 20;

std::vector<std::string> run_list(SubprocessOptions options, const std::string& name,
                                  ErrorKind kind) {
  const ProgramRun run = run_program(std::move(options), max_list);
  require_readable_dump(run.result, name, kind);
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < run.output.size();) {
    const std::size_t end = std::min(run.output.find('\n', start), run.output.size());
    // Comments begin with a semicolon, entries with their number.
    if (run.output[start] != ';') lines.push_back(run.output.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

/// Of a script by pg_restore, without what differs from run to run: its head up to the first
/// setting, and the \restrict lines with their random key. No line of data begins so, since data
/// has its backslashes doubled.
class ContentDigest {
 public:
  void add(std::span<const std::byte> data) {
    for (const std::byte byte : data) {
      line_ += static_cast<char>(byte);
      if (byte == std::byte{'\n'}) end_line();
      if (line_.size() == longest_start) begin_long_line();
    }
  }
  std::string finish() {
    end_line();
    return digest_.finish();
  }

 private:
  static constexpr std::size_t longest_start = 4096;

  void begin_long_line() {
    if (in_head_) return line_.clear();
    take(line_);
    in_middle_ = true;
  }
  void end_line() {
    const std::string_view line = line_;
    if (!in_middle_) in_head_ = in_head_ && !line.starts_with("SET ");
    const bool random = line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
    if (!in_head_ && (in_middle_ || !random)) take(line);
    in_middle_ = false;
    line_.clear();
  }
  void take(std::string_view text) {
    digest_.update(std::as_bytes(std::span(text)));
    line_.clear();
  }

  Sha256 digest_;
  std::string line_;
  bool in_head_ = true;
  bool in_middle_ = false;  ///< of a line whose start has been taken
};

}  // namespace

bool can_read_dumps() {
  return find_program("pg_restore").has_value();
}

std::vector<std::string> list_dump(const fs::path& file, const std::string& name, ErrorKind kind) {
  return run_list(postgresql_program({"pg_restore", "--list", file.string()}), name, kind);
}

std::vector<std::string> list_dump(std::unique_ptr<Reader> bytes, const std::string& name,
                                   ErrorKind kind) {
  SubprocessOptions options = postgresql_program({"pg_restore", "--list"});
  options.feed = std::move(bytes);
  return run_list(std::move(options), name, kind);
}

std::string digest_of_content(const fs::path& file, const std::string& name, ErrorKind kind) {
  ProgramOutput script(
      postgresql_program({"pg_restore", "--file=-", file.string()}),
      [&](const ProgramResult& result) { require_readable_dump(result, name, kind); });
  ContentDigest digest;
  for_each_piece(script, [&](std::span<const std::byte> piece) { digest.add(piece); });
  return digest.finish();
}

}  // namespace a2a_backup
