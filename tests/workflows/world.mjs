// SPDX-License-Identifier: MIT
// GitHub in a folder: repositories with their files and releases, the artifacts, and what the stubs on
// the PATH of the steps share with it. stubs/gh reads and writes the same files.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { execFileSync } from "node:child_process";

const DAY = 86400000;

export const TOOL = "maker/a2a-backup";
export const SYSTEM = "owner/a2a-system";

const SHAS = { [TOOL]: "1".repeat(40), [SYSTEM]: "2".repeat(40) };
const IDS = { [TOOL]: 11, [SYSTEM]: 22 };

export class World {
  /** `repository` is the one whose workflow runs; `project` the root of this project. */
  constructor({ project, binary, repository = SYSTEM, visibility = "private", commitDays = 1 }) {
    this.project = project;
    this.repository = repository;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "a2a-workflows-"));
    this.stubs = path.join(project, "tests/workflows/stubs");
    this.tokens = [];
    this.runs = 100;
    this.stubEnvironment = { STUB_BINARY: binary };
    fs.mkdirSync(path.join(this.folder, "artifacts"));
    for (const name of [TOOL, SYSTEM]) {
      fs.mkdirSync(path.join(this.place(name), "releases"), { recursive: true });
      fs.mkdirSync(path.join(this.place(name), "tree"));
    }
    for (const part of ["scripts", "CHANGELOG.md", "CMakePresets.json"]) {
      fs.cpSync(path.join(project, part), path.join(this.tree(TOOL), part), { recursive: true });
    }
    const date = new Date(Date.now() - commitDays * DAY).toISOString().replace(/\.\d+/, "");
    this.write(path.join(this.place(repository), "repo.json"), { visibility, commit_date: date });
  }

  remove() {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  write(file, value) {
    fs.writeFileSync(file, JSON.stringify(value, null, 1));
  }

  place(repository) {
    return path.join(this.folder, "repos", repository);
  }

  tree(repository) {
    return SHAS[repository] && path.join(this.place(repository), "tree");
  }

  sha(repository) {
    return SHAS[repository];
  }

  newRun() {
    return String(++this.runs);
  }

  /** Makes the demo system `system` the content of the repository. */
  fillTree(system) {
    fs.cpSync(system, this.tree(this.repository), { recursive: true });
  }

  workflowFile(repository, file, ref) {
    if (repository !== TOOL || ref === "") throw new Error(`no workflow in ${repository}@${ref}`);
    return path.join(this.project, file);
  }

  // --- artifacts ---

  artifactFile(id) {
    return path.join(this.folder, "artifacts", `${id}.zip`);
  }

  artifacts() {
    const folder = path.join(this.folder, "artifacts");
    return fs.readdirSync(folder).filter((name) => name.endsWith(".json")).map((name) =>
      JSON.parse(fs.readFileSync(path.join(folder, name))));
  }

  addArtifact({ name, days = 30, run = this.newRun(), expired = false, fork = false }) {
    const id = this.artifacts().length + 1000;
    const own = IDS[this.repository];
    this.write(path.join(this.folder, "artifacts", `${id}.json`), {
      id, name, expired, retention_days: days,
      expires_at: new Date(Date.now() + days * DAY).toISOString(),
      workflow_run: { id: run, repository_id: own, head_repository_id: fork ? 99 : own },
    });
    return id;
  }

  /** An artifact as upload-artifact leaves it: a zip around the file. */
  storeArtifact(file, options = {}) {
    const id = this.addArtifact({ name: path.basename(file).split(".")[0], ...options });
    execFileSync("zip", ["-q", "-j", "-0", this.artifactFile(id), file]);
    return id;
  }

  // --- releases ---

  releases(repository = this.repository) {
    return fs.readdirSync(path.join(this.place(repository), "releases")).sort();
  }

  release(tag, repository = this.repository) {
    const folder = path.join(this.place(repository), "releases", tag);
    const assets = fs.readdirSync(path.join(folder, "assets")).sort();
    return { ...JSON.parse(fs.readFileSync(path.join(folder, "release.json"))), assets, folder };
  }

  addRelease(tag, files = [], { repository = this.repository, ...rest } = {}) {
    const folder = path.join(this.place(repository), "releases", tag);
    fs.mkdirSync(path.join(folder, "assets"), { recursive: true });
    this.write(path.join(folder, "release.json"), { tagName: tag, isDraft: false, ...rest });
    for (const file of files) {
      fs.copyFileSync(file, path.join(folder, "assets", path.basename(file)));
    }
  }

  /** What a step asked a stub that it does not know. */
  unknownCalls() {
    const file = path.join(this.folder, "unknown-calls");
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  }
}
