// SPDX-License-Identifier: MIT
/// How results and errors reach people and programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "a2a_backup/archive/metadata.hpp"
#include "a2a_backup/cli/global_options.hpp"
#include "a2a_backup/core/error.hpp"

namespace a2a_backup {

/// Whether stdout, or stderr, is a terminal that takes cursor movements and colour.
bool stdout_is_terminal();
bool stderr_is_terminal();
/// Whether to paint, by --color, $NO_COLOR and $TERM.
bool use_colour(const GlobalOptions& options);

/// Data, to stdout.
void print(std::string_view text);
/// The document with its "schema" key, to stdout.
void print_json(const nlohmann::ordered_json& document);
/// What to do next, to stderr, unless quiet.
void suggest(const GlobalOptions& options, const std::string& command);
/// The error, to stderr: two lines, or one JSON document; under GitHub Actions an annotation too.
void print_error(const Error& error, const GlobalOptions& options);
/// Throws Error of kind `failed` when stdout did not take everything.
void finish_output();

/// "1,234 tasks, 4 tables, 5,678 rows" as far as the metadata knows.
std::string describe_content(const Metadata& metadata);

/// A table with a header. On a terminal its columns are padded, else separated by tabs.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// `right_aligned` holds the indexes of columns with numbers.
  std::string format(const std::vector<std::size_t>& right_aligned, bool padded) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace a2a_backup
