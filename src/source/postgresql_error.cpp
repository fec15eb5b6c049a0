// SPDX-License-Identifier: MIT
#include "postgresql_error.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

/// What an error is known by: in the words of the programs and of a server that speaks English, and
/// for a server's also by its SQLSTATE, where that says as much.
struct Meaning {
  std::string_view words;
  ErrorKind kind;
  const char* hint;
  std::string_view state = {};
};

constexpr const char* password_hint =
    "correct the password in A2A_DATABASE_URL, or give it by PGPASSWORD or ~/.pgpass";
constexpr const char* lock_hint =
    "try again when the database is idle, or wait longer with --lock-timeout SECONDS";

constexpr const char* schema_hint =
    "a table was dropped meanwhile; try again when nobody changes the schema";

constexpr const char* memory_hint =
    "give the server more memory; if it is shared memory that ended, raise "
    "max_locks_per_transaction: one lock is needed for each table";

constexpr Meaning conflict{"conflict with recovery", ErrorKind::busy,
                           "set hot_standby_feedback = on at the replica, or back up the primary",
                           "40001"};

/// The first that fits decides; `failed` stands for the kind that the caller gives.
constexpr std::array meanings{
    Meaning{"password authentication failed", ErrorKind::key, password_hint},
    Meaning{"no password supplied", ErrorKind::key, password_hint},
    Meaning{"due to lock timeout", ErrorKind::busy, lock_hint, "55P03"},
    // pg_dump's --lock-wait-timeout is one for the statement that locks.
    Meaning{"due to statement timeout", ErrorKind::busy, lock_hint},
    Meaning{conflict.words, conflict.kind, conflict.hint},  // by its state only on a standby
    Meaning{"could not serialize access", ErrorKind::failed,
            "try again: another transaction was in the way", "40001"},
    Meaning{"permission denied", ErrorKind::failed,
            "let the user of A2A_DATABASE_URL own the tables, or give it the right", "42501"},
    Meaning{"must be owner", ErrorKind::failed,
            "connect as the owner of the tables, as the application does"},
    Meaning{"too many connections", ErrorKind::busy,
            "let others end theirs; two connections are needed"},
    // The server's own hint, in any language.
    Meaning{"max_locks_per_transaction", ErrorKind::failed,
            "raise max_locks_per_transaction at the server: one lock is needed for each table"},
    Meaning{"out of shared memory", ErrorKind::failed, memory_hint, "53200"},
    Meaning{"out of memory", ErrorKind::failed, memory_hint},
    Meaning{"role \"", ErrorKind::failed,
            "create the role, or restore without the owners: --no-owner"},
    Meaning{"already exists", ErrorKind::failed, ""},
    Meaning{"relation \"", ErrorKind::failed, schema_hint, "42P01"},
    Meaning{"schema \"", ErrorKind::failed, schema_hint, "3F000"},
    Meaning{"cache lookup failed", ErrorKind::failed, schema_hint},
    Meaning{"could not open relation with OID", ErrorKind::failed, schema_hint},
    Meaning{"failed sanity check", ErrorKind::failed, schema_hint},  // pg_dump's own
    Meaning{"query would be affected by row-level security", ErrorKind::failed,
            "connect as the owner of the tables, or as a role with BYPASSRLS"},
    Meaning{"does not exist", ErrorKind::failed,
            "correct A2A_DATABASE_URL, or create the database with createdb"},
    Meaning{"other objects depend on it", ErrorKind::failed,
            "something that the backup does not have depends on a table in it; drop it first, or "
            "restore into a new database with --to postgresql://...",
            "2BP01"},
    Meaning{"unsupported version", ErrorKind::failed,
            "a newer pg_dump made it: install that version's postgresql-client, from "
            "https://apt.postgresql.org"},
    Meaning{"connection to server was lost", ErrorKind::failed,
            "see in the server's log why it ended"},
    Meaning{"connection to server", ErrorKind::failed,
            "see whether the server runs, and whether A2A_DATABASE_URL names its host and port"},
    Meaning{"server closed the connection", ErrorKind::failed,
            "see in the server's log why it ended"},
};

/// The line after a server's error may say whom it is about. Other details hold values of rows,
/// which may be secrets.
std::string detail_of(std::string_view text) {
  constexpr std::string_view mark = "DETAIL:  ";
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos || !text.substr(line + 1).starts_with(mark)) return {};
  std::string_view detail = text.substr(line + 1 + mark.size());
  detail = detail.substr(0, detail.find('\n'));
  if (detail.find(" depends on ") == std::string_view::npos) return {};
  return ": " + printable(std::string(detail));
}

constexpr std::size_t state_size = 5;

/// What is no error, whatever its SQLSTATE: warnings have those of errors, too. Only in English.
bool is_remark(std::string_view line) {
  constexpr std::array words{"WARNING", "NOTICE", "INFO", "LOG", "DEBUG"};
  const std::size_t end = line.find(":  ");
  return end != line.npos && std::any_of(words.begin(), words.end(), [&](std::string_view word) {
           return line.substr(0, end).ends_with(word);
         });
}

/// Where the message begins in a line such as "ERROR:  42P01: relation ...", whatever the language
/// of its first word; npos in other lines, and in those that are no errors. Format: libpq's
/// pqBuildErrorMessage3 with PQERRORS_VERBOSE; SQLSTATE's classes 00 to 02 are success and
/// warnings.
std::size_t end_of_state(std::string_view line) {
  const std::size_t found = line.find(":  ");
  if (found == std::string_view::npos) return found;
  const std::size_t start = found + 3;
  const std::string_view state = line.substr(start, state_size);
  const bool digits =
      state.size() == state_size && std::all_of(state.begin(), state.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
      });
  if (!digits || line.substr(start + state_size, 2) != ": " || state < "03") return line.npos;
  return start + state_size + 2;
}

std::string_view line_at(std::string_view messages, std::size_t start) {
  return messages.substr(start, messages.find('\n', start) - start);
}

/// An error as it was printed, with all that is behind it, up to a remark.
struct PrintedError {
  std::string_view whole;  ///< from the beginning of its line on
  std::string_view text;   ///< from the beginning of its message on
  std::string_view state;
};

/// "psql: error: x" and "pg_dump: error: query failed: ERROR:  x" with "x".
std::size_t begin_of_words(std::string_view line) {
  for (const std::string_view mark : {"ERROR:  ", "FATAL:  ", "error: "}) {
    const std::size_t found = line.find(mark);
    if (found != std::string_view::npos) return found + mark.size();
  }
  return std::string_view::npos;
}

std::string_view before_remark(std::string_view whole) {
  for (std::size_t end = whole.find('\n'); end != whole.npos; end = whole.find('\n', end + 1)) {
    if (is_remark(line_at(whole, end + 1))) return whole.substr(0, end);
  }
  return whole;
}

/// The last error that the server sent, else the first that the program found: before the last one
/// there may be some that were expected.
PrintedError last_error(std::string_view messages) {
  PrintedError first;
  PrintedError last;
  std::string_view line;
  for (std::size_t start = 0; start < messages.size(); start += line.size() + 1) {
    line = line_at(messages, start);
    if (is_remark(line)) continue;
    if (const std::size_t coded = end_of_state(line); coded != line.npos) {
      last = {messages.substr(start), messages.substr(start + coded),
              line.substr(coded - state_size - 2, state_size)};
    } else if (const std::size_t words = begin_of_words(line); words != line.npos) {
      const PrintedError error{messages.substr(start), messages.substr(start + words), {}};
      const bool by_server =
          line.find("ERROR:  ") != line.npos || line.find("FATAL:  ") != line.npos;
      if (by_server) last = error;
      if (first.whole.empty()) first = error;
    }
  }
  PrintedError& found = last.whole.empty() ? first : last;
  found.whole = before_remark(found.whole);
  return found;
}

std::string words_of(const PrintedError& error) {
  return printable(std::string(error.text.substr(0, error.text.find('\n')))) +
         detail_of(error.text);
}

/// Its words say more than its SQLSTATE, which several errors may share. A failed login says so
/// behind "connection to server", and a lost one in the next line.
const Meaning* meaning_of(const PrintedError& error, bool standby) {
  const auto by_words = std::find_if(meanings.begin(), meanings.end(), [&](const Meaning& meaning) {
    return error.whole.find(meaning.words) != std::string_view::npos;
  });
  if (by_words != meanings.end()) return &*by_words;
  if (standby && error.state == conflict.state) return &conflict;
  const auto by_state = std::find_if(meanings.begin(), meanings.end(), [&](const Meaning& meaning) {
    return !error.state.empty() && error.state == meaning.state;
  });
  return by_state == meanings.end() ? nullptr : &*by_state;
}

}  // namespace

Error postgresql_error(const ProgramResult& result, const std::string& what, ErrorKind kind,
                       bool standby) {
  const PrintedError error = last_error(result.messages);
  const std::string message =
      what + ": " + (error.whole.empty() ? printable(result.reason()) : words_of(error));
  const Meaning* meaning = meaning_of(error, standby);
  if (meaning == nullptr) return {kind, message};
  return {meaning->kind == ErrorKind::failed ? kind : meaning->kind, message, meaning->hint};
}

bool is_about_lock(const Error& error) {
  return error.kind() == ErrorKind::busy && error.hint() == lock_hint;
}

bool schema_changed(const ProgramResult& result) {
  const Meaning* meaning = meaning_of(last_error(result.messages), false);
  return meaning != nullptr && std::string_view(meaning->hint) == schema_hint;
}

}  // namespace a2a_backup
