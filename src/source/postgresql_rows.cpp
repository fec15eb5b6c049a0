// SPDX-License-Identifier: MIT
#include "postgresql_rows.hpp"

#include <algorithm>

#include "a2a_backup/source/postgresql_dump.hpp"
#include "postgresql_error.hpp"
#include "postgresql_program.hpp"

namespace a2a_backup {
namespace {

/// Of a line of data only its start is looked at, and no name needs more than this.
constexpr std::size_t longest_start = std::size_t{64} << 10;

constexpr std::string_view copy = "COPY ";

/// Takes one identifier from the front: tasks, or "odd ""name""".
std::string take_identifier(std::string_view& text) {
  std::string name;
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find_first_of(". "), text.size());
    name = text.substr(0, end);
    text.remove_prefix(end);
    return name;
  }
  for (text.remove_prefix(1); !text.empty(); text.remove_prefix(1)) {
    if (text.front() == '"') {
      text.remove_prefix(1);
      if (!text.starts_with('"')) break;
    }
    name += text.front();
  }
  return name;
}

/// "COPY public.tasks (id, task) FROM stdin;" as "tasks"; nothing for other lines.
std::string copied_table(std::string_view line) {
  if (!line.starts_with(copy) || !line.ends_with(" FROM stdin;")) return {};
  line.remove_prefix(copy.size());
  const std::string schema = take_identifier(line);
  if (!line.starts_with('.')) return {};
  line.remove_prefix(1);
  const std::string table = take_identifier(line);
  return schema == "public" ? table : schema + "." + table;
}

/// Only the data: a function's text may hold lines that look like the beginning of some.
SubprocessOptions data_script() {
  return postgresql_program({"pg_restore", "--data-only", "--file=-"});
}

SubprocessOptions fed_data_script() {
  SubprocessOptions options = data_script();
  options.read_output = true;
  options.write_input = true;
  return options;
}

void count(Reader& script, CopyLineCounter& counter) {
  for_each_piece(script, [&](std::span<const std::byte> piece) { counter.add(piece); });
}

}  // namespace

void CopyLineCounter::add(std::span<const std::byte> script) {
  std::string_view text(reinterpret_cast<const char*>(script.data()), script.size());
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view part = text.substr(0, end);
    if (line_.size() < longest_start) line_.append(part.substr(0, longest_start - line_.size()));
    if (end == std::string_view::npos) return;
    end_line();
    text.remove_prefix(end + 1);
  }
}

void CopyLineCounter::end_line() {
  if (table_ == nullptr) {
    const std::string name = copied_table(line_);
    if (!name.empty()) table_ = &rows_[name];
    // A name may hold a line break; the statement goes on then.
    if (name.empty() && line_.starts_with(copy) && line_.size() < longest_start) {
      line_ += '\n';
      return;
    }
  } else if (line_ == "\\.") {
    table_ = nullptr;
  } else {
    ++*table_;
  }
  line_.clear();
}

DumpRowCounter::DumpRowCounter()
    : pg_restore_(fed_data_script()), listener_([this] { listen(); }) {}

DumpRowCounter::~DumpRowCounter() {
  pg_restore_.finish_input();
  if (listener_.joinable()) listener_.join();
}

/// When listening fails, pg_restore must not wait for ever with what it has to say.
void DumpRowCounter::listen() {
  try {
    count(pg_restore_, counter_);
  } catch (...) {
    problem_ = std::current_exception();
    pg_restore_.close_output();
  }
}

void DumpRowCounter::add(std::span<const std::byte> dump) {
  pg_restore_.send(std::string_view(reinterpret_cast<const char*>(dump.data()), dump.size()));
}

std::map<std::string, std::uint64_t> DumpRowCounter::finish(const std::string& name) {
  pg_restore_.finish_input();
  listener_.join();
  if (problem_) std::rethrow_exception(problem_);
  const ProgramResult& result = pg_restore_.wait();
  if (!result.good()) {
    throw postgresql_error(result, "cannot read the dump of " + name, ErrorKind::failed);
  }
  return counter_.rows();
}

std::map<std::string, std::uint64_t> count_rows(const fs::path& dump, const std::string& name,
                                                ErrorKind kind) {
  SubprocessOptions options = data_script();
  options.command.push_back(dump.string());
  ProgramOutput script(std::move(options), [&](const ProgramResult& result) {
    require_readable_dump(result, name, kind);
  });
  CopyLineCounter counter;
  count(script, counter);
  return counter.rows();
}

}  // namespace a2a_backup
