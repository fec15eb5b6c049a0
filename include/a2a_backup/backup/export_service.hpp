// SPDX-License-Identifier: MIT
/// What `serve` answers: the export of one a2a-system. docs/export.md is the protocol.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include "a2a_backup/backup/create.hpp"
#include "a2a_backup/backup/point_in_time.hpp"
#include "a2a_backup/core/http_server.hpp"
#include "a2a_backup/core/rate_limit.hpp"

namespace a2a_backup {

/// A token shorter than this could be guessed.
inline constexpr std::size_t min_token_size = 32;

struct ExportOptions {
  CreateOptions create;  ///< root, backup folder, database ...
  std::string token;
  /// /export/backup hands out the newest backup of the folder when it is younger than this.
  std::chrono::seconds max_age{0};
  /// Makes the page that / shows to a browser, HTML in UTF-8.
  std::function<std::string()> report;
  /// What pgBackRest has, for /metrics; not set where it is not used.
  std::function<PointInTime()> moments;
};

/// Answers requests from any number of threads; exports run one at a time, the next one gets 503.
class ExportService {
 public:
  /// Throws Error of kind `key` when the token is too short.
  explicit ExportService(ExportOptions options);

  HttpReply handle(const HttpServerRequest& request);

 private:
  bool authorised(const HttpServerRequest& request) const;
  HttpReply export_data(const std::string& path);
  HttpReply export_file(const std::string& entry) const;
  HttpReply export_database() const;
  HttpReply export_backup() const;
  std::optional<HttpReply> newest_backup() const;
  HttpReply metrics() const;
  HttpReply report_page() const;
  fs::path scratch_parent() const;

  ExportOptions options_;
  RateLimit requests_{10, 100};          ///< by address
  RateLimit wrong_tokens_{1.0 / 6, 10};  ///< ten a minute, by address
  std::mutex exporting_;
  std::atomic<std::int64_t> last_export_{0};  ///< seconds since 1970
};

}  // namespace a2a_backup
