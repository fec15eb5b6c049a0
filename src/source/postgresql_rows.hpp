// SPDX-License-Identifier: MIT
/// How many rows of which table a dump holds, as pg_restore reads it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "a2a_backup/core/error.hpp"
#include "a2a_backup/core/file.hpp"
#include "a2a_backup/core/subprocess.hpp"

namespace a2a_backup {

/// Counts the lines between "COPY schema.table (...) FROM stdin;" and "\." in a script of data.
/// Format: PostgreSQL documentation, COPY, "Text Format": a line per row, none of which is "\.".
class CopyLineCounter {
 public:
  void add(std::span<const std::byte> script);
  /// By name, as row_counts() has it.
  const std::map<std::string, std::uint64_t>& rows() const { return rows_; }

 private:
  void end_line();

  std::map<std::string, std::uint64_t> rows_;
  std::uint64_t* table_ = nullptr;  ///< whose rows come
  std::string line_;                ///< its start
};

/// Counts a dump that is written meanwhile. pg_restore reads all of it, so a dump that it cannot
/// read is found before it is kept.
class DumpRowCounter {
 public:
  DumpRowCounter();
  ~DumpRowCounter();
  DumpRowCounter(const DumpRowCounter&) = delete;
  DumpRowCounter& operator=(const DumpRowCounter&) = delete;

  void add(std::span<const std::byte> dump);
  /// After the last byte. Throws Error of kind `failed`, calling the dump `name`, when pg_restore
  /// could not read it.
  std::map<std::string, std::uint64_t> finish(const std::string& name);

 private:
  void listen();

  Subprocess pg_restore_;
  CopyLineCounter counter_;
  std::exception_ptr problem_;
  std::thread listener_;
};

}  // namespace a2a_backup
