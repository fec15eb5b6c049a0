// SPDX-License-Identifier: MIT
// What the cases share: a world with a workflow to run in it, and the checks that hold for every run.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { execFileSync, spawnSync } from "node:child_process";
import { parse, runWorkflow } from "./engine.mjs";
import { SYSTEM, TOOL, World } from "./world.mjs";

export { assert, SYSTEM, TOOL };

export const settings = {};  // project, binary, scratch: set by main.mjs

export const cases = [];

/** A case; `needs` names an option of `create` without which it cannot be run yet. */
export function test(name, action, needs) {
  cases.push({ name, action, needs });
}

export const SECRETS = {
  A2A_API_KEY: "key-5cb1c2a2f0e84d", A2A_SSH_KEY: "-----BEGIN KEY-----\nc2VjcmV0c3NoMTIz\n-----END KEY-----",
};

const worlds = [];

export function newWorld(options = {}) {
  const world = new World({ ...settings, ...options });
  worlds.push(world);
  return world;
}

export function removeWorlds() {
  for (const world of worlds) world.remove();
}

/** Runs .github/workflows/NAME.yml as the workflow of the world's own repository. */
export function runOwn(world, name, { event = "schedule", ref, payload, ...rest } = {}) {
  const file = path.join(settings.project, ".github/workflows", `${name}.yml`);
  return runFile(world, file, { event: { name: event, ref, payload }, ...rest });
}

/** Runs one of the workflows of docs/github.md in the world's repository; `change` may edit its text. */
export function runCaller(world, name, { change = (text) => text, event = {}, ...rest } = {}) {
  const file = path.join(world.folder, `${name}.yml`);
  fs.writeFileSync(file, change(documented(name)).replaceAll("OWNER/a2a-backup", TOOL));
  return runFile(world, file, { event: { name: "schedule", ...event }, ...rest });
}

/** The workflow called NAME in the document. */
export function documented(name) {
  const text = fs.readFileSync(path.join(settings.project, "docs/github.md"), "utf8");
  const blocks = [...text.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)].map(([, indent, body]) =>
    body.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
  const found = blocks.find((block) => block.startsWith(`name: ${name}\n`));
  assert.ok(found, `docs/github.md has no workflow called ${name}`);
  parse(found, `${name}.yml`);
  return found;
}

/** Runs a workflow, and checks what holds for every run. */
export async function runFile(world, file, { secrets = {}, ...options }) {
  const done = await runWorkflow(world, { file, secrets, ...options });
  assert.equal(world.unknownCalls(), "");
  for (const secret of [...Object.values(secrets), ...world.tokens]) {
    for (const line of secret.split("\n").filter((part) => !part.startsWith("-----"))) {
      assertAbsent(line, done, world);
    }
  }
  if (process.env.VERBOSE) console.error(done.log, done.summary);
  return done;
}

/** No secret in what people can see: the log, the page, the outputs, the releases. */
function assertAbsent(secret, done, world) {
  const shown = { log: done.log, summary: done.summary, outputs: JSON.stringify(done.outputs),
    jobs: JSON.stringify(done.jobs),
    releases: world.releases().map((tag) => JSON.stringify(world.release(tag))).join() };
  for (const [where, what] of Object.entries(shown)) {
    assert.ok(!what.includes(secret), `a secret is shown in the ${where}`);
  }
}

export function succeeded(done) {
  assert.equal(done.result, "success", done.log);
}

/** The run failed in that step, with that exit code, and says these words where people look. */
export function failedIn(done, step, code, words) {
  assert.equal(done.result, "failure", done.log);
  const at = `## ${step}: exit code ${code}\n`;
  assert.ok(done.log.includes(at), `not "${at.trim()}" in\n${done.log}`);
  assertMatch(done.log.slice(done.log.indexOf(at)), words);
}

export function assertMatch(text, form) {
  assert.match(text, form);
}

/** The outputs of a job, also of one that a caller's only job has called. */
export function jobOf(done, name) {
  return done.jobs[name]?.inner?.[name] ?? done.jobs[name] ?? Object.values(done.jobs)[0].inner[name];
}

/** The one backup among the artifacts, unwrapped; checks what every artifact of ours must be. */
export function onlyArtifact(world) {
  const found = world.artifacts();
  assert.equal(found.length, 1, JSON.stringify(found));
  assert.match(found[0].name, /^a2a_backup_\d{8}_\d{6}$/);
  assert.equal(found[0].retention_days, 30);
  const zip = world.artifactFile(found[0].id);
  const listed = execFileSync("unzip", ["-v", zip], { encoding: "utf8" });
  assert.match(listed, /Stored/, "the artifact is compressed twice");
  const folder = fs.mkdtempSync(path.join(world.folder, "unwrapped-"));
  execFileSync("unzip", ["-q", zip, "-d", folder]);
  const names = fs.readdirSync(folder);
  assert.equal(names.length, 1);
  return { ...found[0], file: path.join(folder, names[0]), fileName: names[0] };
}

export function tool(...argv) {
  return spawnSync(settings.binary, argv, { encoding: "utf8" });
}

export function assertGood(file) {
  const done = tool("verify", file);
  assert.equal(done.status, 0, done.stderr);
}

/** A small a2a-system, the same one for all cases. */
export function demoSystem() {
  if (!settings.system) {
    settings.system = path.join(settings.scratch, "system");
    execFileSync("python3", [path.join(settings.project, "scripts/demo_system.py"), "make",
      settings.system, "--seed", "7", "--tasks", "12", "--rows", "20"]);
  }
  return settings.system;
}

/** A backup of it, as a file; `hours` old when that is given. */
export function makeBackup(world, { hours = 0 } = {}) {
  const folder = fs.mkdtempSync(path.join(world.folder, "made-"));
  const done = tool("-C", demoSystem(), "--backup-dir", folder, "-q", "create");
  assert.equal(done.status, 0, done.stderr);
  const made = done.stdout.trim();
  return hours === 0 ? made : aged(made, hours);
}

/** The same backup with an older time in its metadata and its name. */
function aged(file, hours) {
  return execFileSync("python3", ["-c", `
import datetime, json, os, sys, zipfile
then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=${hours})
name = then.strftime("a2a_backup_%Y%m%d_%H%M%S.zip")
target = os.path.join(os.path.dirname(sys.argv[1]), name)
with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
    for entry in old.infolist():
        content = old.read(entry)
        if entry.filename.endswith("metadata.json"):
            metadata = json.loads(content)
            metadata["timestamp"] = then.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            for one in metadata["entries"]:  # where the chunks end is no longer so
                one.pop("chunks")
                one.pop("chunk_size")
            content = json.dumps(metadata).encode()
        new.writestr(entry, content)
os.remove(sys.argv[1])
print(target, end="")
`, file], { encoding: "utf8" });
}

/** Turns one byte in the middle of the file. */
export function damage(file) {
  const bytes = fs.readFileSync(file);
  bytes[bytes.length >> 1] ^= 0xff;
  fs.writeFileSync(file, bytes);
}
