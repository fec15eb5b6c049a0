// SPDX-License-Identifier: MIT
// Stand-ins for the actions that the workflows use. They behave as the real ones where it matters
// here, and are stricter: an input they do not know is an error.
import fs from "node:fs";
import path from "node:path";
import { spawnSync } from "node:child_process";

/** What an action reports as its failure; anything else that is thrown is a defect of a stub. */
export class ActionFailure extends Error {}

function run(program, ...argv) {
  const done = spawnSync(program, argv, { encoding: "utf8" });
  if (done.status !== 0) throw new ActionFailure(`${program}: ${done.stderr}`);
}

function only(inputs, ...known) {
  for (const name of Object.keys(inputs)) {
    if (!known.includes(name)) throw new Error(`this stub does not know the input ${name}`);
  }
}

const within = (context, name) => path.resolve(context.github.workspace, name);

function checkout(inputs, context) {
  only(inputs, "repository", "ref", "path", "persist-credentials");
  const { world, github, job } = context;
  if (inputs["persist-credentials"] !== "false") throw new Error("the token would stay on the disk");
  if (job.permissions.contents === undefined) throw new ActionFailure("Not Found");
  const repository = inputs.repository || github.repository;
  const tree = world.tree(repository);
  if (!tree) throw new ActionFailure(`repository '${repository}' not found`);
  if (inputs.ref && inputs.ref !== world.sha(repository)) {
    throw new ActionFailure(`fatal: reference is not a tree: ${inputs.ref}`);
  }
  fs.cpSync(tree, within(context, inputs.path || "."), { recursive: true, mode: 0 });
}

function cache(inputs, context) {
  only(inputs, "path", "key", "restore-keys");
  const stored = path.join(context.world.folder, "cache");
  const keys = fs.existsSync(stored) ? fs.readdirSync(stored) : [];
  const prefixes = (inputs["restore-keys"] ?? "").split("\n").filter(Boolean);
  const hit = keys.find((k) => k === inputs.key) ??
    keys.find((k) => prefixes.some((prefix) => k.startsWith(prefix)));
  context.output("cache-hit", String(hit === inputs.key));
  context.say(hit ? `Cache restored from key: ${hit}` : `Cache not found for input keys: ${inputs.key}`);
  fs.mkdirSync(path.join(stored, inputs.key), { recursive: true });
}

/** The files of upload-artifact's `path`: lines, with * in the last part. */
function matching(context, lines) {
  return lines.split("\n").filter(Boolean).flatMap((line) => {
    const folder = path.dirname(within(context, line.trim()));
    const form = new RegExp("^" + path.basename(line.trim()).replace(/[.+]/g, "\\$&")
      .replace(/\*/g, ".*") + "$");
    const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
    return names.filter((name) => form.test(name)).map((name) => path.join(folder, name));
  });
}

function uploadArtifact(inputs, context) {
  only(inputs, "name", "path", "if-no-files-found", "retention-days", "compression-level");
  const { name } = inputs;
  if (!name || /["<>|*?\r\n\\/:]/.test(name)) throw new ActionFailure(`bad artifact name: ${name}`);
  const days = Number(inputs["retention-days"] || 90);
  if (!(days >= 1 && days <= 90)) throw new ActionFailure(`bad retention-days: ${days}`);
  if (!(Number(inputs["compression-level"] ?? 6) <= 9)) throw new ActionFailure("bad level");
  const files = matching(context, inputs.path);
  if (files.length === 0) {
    if (inputs["if-no-files-found"] === "error") throw new ActionFailure(`No files: ${inputs.path}`);
    return context.say(`::warning::No files were found: ${inputs.path}`);
  }
  const { world, github } = context;
  if (world.artifacts().some((a) => a.name === name && a.workflow_run.id === github.run_id)) {
    throw new ActionFailure("Conflict: an artifact with this name already exists on the workflow run");
  }
  const id = world.addArtifact({ name, days, run: github.run_id });
  run("zip", "-q", "-j", `-${inputs["compression-level"] ?? 6}`, world.artifactFile(id), ...files);
  context.output("artifact-id", String(id));
}

function downloadArtifact(inputs, context) {
  only(inputs, "name", "pattern", "path", "merge-multiple");
  const { world, github } = context;
  const prefix = (inputs.pattern ?? "").replace(/\*$/, "");
  const found = world.artifacts().filter((a) => a.workflow_run.id === github.run_id &&
    (inputs.name ? a.name === inputs.name : a.name.startsWith(prefix)));
  if (found.length === 0) throw new ActionFailure(`Artifact not found for name: ${inputs.name}`);
  for (const { id } of found) {
    run("unzip", "-q", world.artifactFile(id), "-d", within(context, inputs.path || "."));
  }
}

function attest(inputs, context) {
  only(inputs, "subject-checksums");
  for (const name of ["id-token", "attestations"]) {
    if (context.job.permissions[name] !== "write") throw new ActionFailure(`needs ${name}: write`);
  }
  const sums = fs.readFileSync(within(context, inputs["subject-checksums"]), "utf8");
  if (!/^([0-9a-f]{64} [ *]\S+\n)+$/.test(sums)) throw new ActionFailure("these are no checksums");
  context.world.attested = sums;
}

export const actions = {
  "actions/checkout": checkout,
  "actions/cache": cache,
  "actions/upload-artifact": uploadArtifact,
  "actions/download-artifact": downloadArtifact,
  "actions/attest": attest,
};
