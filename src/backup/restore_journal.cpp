// SPDX-License-Identifier: MIT
#include "a2a_backup/backup/restore_journal.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "a2a_backup/backup/work_area.hpp"
#include "a2a_backup/core/digest.hpp"

namespace a2a_backup {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t max_journal_size = std::uint64_t{4} << 20;
constexpr std::array content_names{"absent", "file", "database", "raw_database", "postgresql"};

fs::path journal_path(const fs::path& root) {
  return root_work_area(root) / "journal";
}

Json to_json(const Slot& slot) {
  Json json{{"content", content_names.at(static_cast<std::size_t>(slot.content))},
            {"file", slot.file.string()},
            {"sha256", slot.sha256}};
  if (slot.content == Content::postgresql) {
    json["rows"] = slot.state.rows;
    json["identity"] = slot.state.identity;
    json["no_owner"] = slot.no_owner;
  }
  return json;
}

Content content_from(const std::string& name) {
  for (std::size_t i = 0; i < content_names.size(); ++i) {
    if (name == content_names.at(i)) return static_cast<Content>(i);
  }
  throw std::out_of_range("content " + name);
}

Slot slot_from(const Json& json) {
  Slot slot;
  slot.content = content_from(json.at("content").get<std::string>());
  slot.file = json.at("file").get<std::string>();
  slot.sha256 = json.at("sha256").get<std::string>();
  if (slot.content == Content::postgresql) {
    slot.state = {json.at("rows"), json.at("identity")};
    slot.no_owner = json.at("no_owner").get<bool>();
  }
  return slot;
}

/// Throws Json::exception for a path that is not UTF-8.
std::string serialize_utf8(const Journal& journal) {
  Json body{{"version", 1},
            {"number", journal.number},
            {"created", format_rfc3339(journal.created)},
            {"what", journal.what},
            {"targets", Json::array()}};
  for (const Target& target : journal.targets) {
    body["targets"].push_back({{"entry", target.entry},
                               {"live", target.live.string()},
                               {"area", target.area.string()},
                               {"fresh", to_json(target.fresh)},
                               {"old", to_json(target.old)}});
  }
  const std::string checksum = sha256_hex(body.dump());
  return Json{{"journal", std::move(body)}, {"sha256", checksum}}.dump(1) + "\n";
}

std::string serialize(const Journal& journal) {
  try {
    return serialize_utf8(journal);
  } catch (const Json::exception&) {
    throw Error(ErrorKind::failed, "a path of the a2a-system is not UTF-8, it cannot be noted down",
                "rename the folder, or restore into another one with --to DIR");
  }
}

Journal parse(const std::string& text) {
  const Json document = Json::parse(text);
  const Json& body = document.at("journal");
  if (sha256_hex(body.dump()) != document.at("sha256").get<std::string>()) {
    throw std::out_of_range("checksum");
  }
  if (body.at("version").get<int>() != 1) throw std::out_of_range("version");
  Journal journal;
  journal.number = body.at("number").get<std::uint64_t>();
  journal.created = parse_time(body.at("created").get<std::string>()).value_or(TimePoint{});
  journal.what = body.at("what").get<std::string>();
  for (const Json& target : body.at("targets")) {
    journal.targets.push_back({target.at("entry").get<std::string>(),
                               target.at("live").get<std::string>(),
                               target.at("area").get<std::string>(), slot_from(target.at("fresh")),
                               slot_from(target.at("old"))});
  }
  return journal;
}

Journal load(const fs::path& path) {
  const std::string text = read_file(path, max_journal_size, ErrorKind::failed);
  try {
    return parse(text);
  } catch (const std::exception&) {
    throw Error(ErrorKind::failed, path.string() + " is damaged",
                "the old files are in the undo-* folders beside it; put them back by hand, then "
                "remove it");
  }
}

void rename_path(const fs::path& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    throw system_error(ErrorKind::failed, "cannot rename " + from.string(), errno);
  }
}

}  // namespace

void write_journal(const fs::path& root, const Journal& journal) {
  const fs::path path = journal_path(root);
  const fs::path temporary = path.string() + ".tmp";
  remove_quietly(temporary);
  {
    const UniqueFd fd = create_new(temporary);
    write_all(fd.get(), serialize(journal), temporary);
    sync_fd(fd.get(), temporary);
  }
  rename_path(temporary, path);
  sync_dir(path.parent_path());
}

std::optional<Journal> read_journal(const fs::path& root) {
  const fs::path path = journal_path(root);
  if (!stat_path(path)) return std::nullopt;
  return load(path);
}

void retire_journal(const fs::path& root, const Journal& journal) {
  const fs::path area = root_work_area(root);
  const fs::path folder = undo_folder(area, journal.number);
  rename_path(journal_path(root), folder / "manifest");
  sync_dir(folder);
  sync_dir(area);
}

void drop_journal(const fs::path& root) {
  const fs::path path = journal_path(root);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    throw system_error(ErrorKind::failed, "cannot remove " + path.string(), errno);
  }
  sync_dir(path.parent_path());
}

std::optional<Journal> read_undo(const fs::path& root) {
  const fs::path area = root_work_area(root);
  const std::uint64_t newest = newest_undo(area);
  if (newest == 0) return std::nullopt;
  return load(undo_folder(area, newest) / "manifest");
}

void refuse_while_pending(const fs::path& root) {
  if (!stat_path(journal_path(root))) return;
  throw Error(ErrorKind::pending, "an interrupted restore waits in " + root.string(),
              "finish it with 'a2a-backup restore --resume', or take it back with "
              "'a2a-backup restore --rollback'");
}

}  // namespace a2a_backup
