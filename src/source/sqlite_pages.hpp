// SPDX-License-Identifier: MIT
/// Replaces the pages of a database file in place, by SQLite's own protocol.
#pragma once

#include "sqlite_common.hpp"

namespace a2a_backup {

/// Makes the file at `path` hold the pages of `fresh`, of which it writes those that differ. `live`
/// holds its exclusive lock in a rollback-journal mode, has written nothing, and has the page size
/// of `fresh`. Other connections notice by the counters in the header, as after any transaction.
///
/// What is overwritten stands in a rollback journal before, durably, so that whoever opens the
/// database after a crash rolls it back, all or nothing: https://www.sqlite.org/atomiccommit.html,
/// and https://www.sqlite.org/fileformat2.html, "The Rollback Journal". SQLite itself would save
/// and write every page. The journal is made as the new file `scratch`.
///
/// Returns false when it has touched nothing and SQLite has to do it, which is patient with what
/// old versions left: a database is empty, has half a page at its end or a header that does not
/// count its pages; SQLite has a journal or a log open, or one lies there; `scratch` cannot be
/// renamed to it. When it throws, the journal is there, and whoever opens the database next rolls
/// it back, but for a connection with journal_mode=OFF. Throws SQLite::Exception or Error.
bool replace_pages(SQLite::Database& live, const fs::path& path, const RandomAccess& fresh,
                   const fs::path& scratch);

}  // namespace a2a_backup
