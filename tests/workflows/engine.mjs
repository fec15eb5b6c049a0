// SPDX-License-Identifier: MIT
// Runs a workflow on this machine the way GitHub does, as far as our workflows need it: jobs in order
// of `needs`, conditions, matrices, outputs, calls of reusable workflows. Expressions are evaluated by
// GitHub's own evaluator and files are checked against GitHub's own schema. `uses:` goes to the stubs
// of actions.mjs; what has no stub is an error, so nothing is skipped in silence.
import crypto from "node:crypto";
import fs from "node:fs";
import { register } from "node:module";
import path from "node:path";
import { spawn } from "node:child_process";
import YAML from "yaml";
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { ActionFailure, actions } from "./actions.mjs";

// The parser imports its schema as bare JSON, which is meant for bundlers.
register("data:text/javascript," + encodeURIComponent(`
  import fs from "node:fs";
  export const load = async (url, context, next) => url.endsWith(".json")
    ? { format: "module", shortCircuit: true,
        source: "export default " + fs.readFileSync(new URL(url), "utf8") }
    : next(url, context);`));
const { NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");

export class WorkflowError extends Error {}

/** The parsed text of a workflow; throws when it is not one by GitHub's schema. */
export function parse(text, name) {
  const checked = parseWorkflow({ name, content: text }, new NoOperationTraceWriter());
  const errors = checked.context.errors.getErrors();
  if (errors.length > 0) throw new WorkflowError(errors.map((e) => e.message).join("\n"));
  return YAML.parse(text);
}

// --- expressions ---

function toData(value) {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "string") return new data.StringData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  const pairs = Object.entries(value).map(([key, item]) => ({ key, value: toData(item) }));
  return new data.Dictionary(...pairs);
}

function fromData(value) {
  if (value.kind === data.Kind.Array) return value.values().map(fromData);
  if (value.kind === data.Kind.Null) return null;
  if (value.kind === data.Kind.Boolean || value.kind === data.Kind.Number) return value.value;
  if (value.kind === data.Kind.String) return value.value;
  return Object.fromEntries(value.pairs().map(({ key, value: item }) => [key, fromData(item)]));
}

const truthy = (value) => ![null, undefined, "", false, 0].includes(value);

class Scope {
  /** `contexts` are those of GitHub; `succeeded` tells what success() is now. */
  constructor(contexts, succeeded) {
    this.contexts = contexts;
    const flag = (name, value) => ({ name, minArgs: 0, maxArgs: 0,
      call: () => new data.BooleanData(value()) });
    this.functions = [flag("success", succeeded), flag("failure", () => !succeeded()),
      flag("always", () => true), flag("cancelled", () => false)];
  }

  evaluate(expression) {
    const names = Object.keys(this.contexts);
    const tokens = new Lexer(expression).lex().tokens;
    const tree = new Parser(tokens, names, this.functions).parse();
    const byName = new Map(this.functions.map((f) => [f.name, f]));
    return fromData(new Evaluator(tree, toData(this.contexts), byName).evaluate());
  }

  /** A value of the file with its ${{ }} filled in; one that is nothing else keeps its type. */
  fill(value) {
    if (Array.isArray(value)) return value.map((item) => this.fill(item));
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.fill(v)]));
    }
    if (typeof value !== "string") return value;
    const whole = value.match(/^\$\{\{((?:(?!\}\})[\s\S])*)\}\}$/);
    if (whole) return this.evaluate(whole[1].trim());
    return value.replace(/\$\{\{([\s\S]*?)\}\}/g, (_, e) => text(this.evaluate(e.trim())));
  }

  holds(condition) {
    let expression = String(condition ?? "success()").trim();
    const whole = expression.match(/^\$\{\{([\s\S]*)\}\}$/);
    if (whole) expression = whole[1].trim();
    if (!/\b(success|failure|always|cancelled)\s*\(/.test(expression)) {
      expression = `success() && (${expression})`;
    }
    return truthy(this.evaluate(expression));
  }
}

const text = (value) => (value === null || value === undefined ? "" : String(value));
const strings = (object) =>
  Object.fromEntries(Object.entries(object ?? {}).map(([k, v]) => [k, text(v)]));

// --- the files through which a step talks ---

function readPairs(file) {
  const pairs = {};
  const lines = fs.readFileSync(file, "utf8").split("\n");
  for (let i = 0; i < lines.length; i++) {
    const block = lines[i].match(/^([^=]+?)<<(.+)$/);
    if (block) {
      const body = [];
      while (lines[++i] !== block[2]) {
        if (i >= lines.length) throw new WorkflowError(`${block[1]}: its end is missing`);
        body.push(lines[i]);
      }
      pairs[block[1]] = body.join("\n");
    } else if (lines[i] !== "") {
      const at = lines[i].indexOf("=");
      if (at < 1) throw new WorkflowError(`not NAME=VALUE: ${lines[i]}`);
      pairs[lines[i].slice(0, at)] = lines[i].slice(at + 1);
    }
  }
  return pairs;
}

/** Runs a program to its end; what it printed on both streams, in order, and its exit code. */
export function execute(argv, { env, cwd, seconds = 120 }) {
  return new Promise((resolve) => {
    // One pipe for both streams keeps their order.
    const child = spawn("bash", ["-c", 'exec "$@" 2>&1', "step", ...argv],
      { env, cwd, stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.on("data", (part) => (printed += part));
    const clock = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    child.on("close", (code) => {
      clearTimeout(clock);
      resolve({ code: code ?? 124, printed });
    });
  });
}

// --- one job on one fresh runner ---

class Job {
  constructor(run, id, definition, matrix) {
    this.run = run;
    this.definition = definition;
    this.permissions = permissionsOf(definition.permissions ?? run.workflow.permissions);
    this.home = fs.mkdtempSync(path.join(run.world.folder, `runner-${id}-`));
    for (const name of ["work", "temp", "home"]) fs.mkdirSync(path.join(this.home, name));
    this.token = "ghs_" + crypto.randomBytes(18).toString("hex");
    run.world.tokens.push(this.token);
    this.failed = false;
    this.log = "";
    this.summary = "";
    this.paths = [];
    const workspace = path.join(this.home, "work");
    this.contexts = {
      ...run.contexts, matrix, steps: {}, env: {}, strategy: {},
      github: { ...run.contexts.github, token: this.token, job: id, workspace },
      secrets: { ...run.contexts.secrets, GITHUB_TOKEN: this.token },
      job: { status: "success", ...run.origin },
      runner: { os: "Linux", arch: "X64", temp: path.join(this.home, "temp") },
    };
    this.scope = new Scope(this.contexts, () => !this.failed);
  }

  async perform() {
    const { definition, contexts, scope } = this;
    if (!definition["timeout-minutes"]) throw new WorkflowError("a job without timeout-minutes");
    contexts.env = strings(scope.fill(this.run.workflow.env));
    contexts.env = { ...contexts.env, ...strings(scope.fill(definition.env)) };
    for (const [index, step] of definition.steps.entries()) await this.step(step, index);
    contexts.job.status = this.failed ? "failure" : "success";
    return {
      result: this.failed ? "failure" : "success", log: this.log, summary: this.summary,
      steps: contexts.steps, outputs: strings(scope.fill(definition.outputs)),
    };
  }

  async step(step, index) {
    const id = step.id ?? `step-${index}`;
    const jobEnv = this.contexts.env;
    if (!this.scope.holds(step.if)) {
      this.contexts.steps[id] = { outputs: {}, outcome: "skipped", conclusion: "skipped" };
      return;
    }
    this.contexts.env = { ...jobEnv, ...strings(this.scope.fill(step.env)) };
    const files = this.files(index);
    const { code, printed } = step.uses
      ? await this.use(step, files) : await this.script(step, files, index);
    this.contexts.env = { ...jobEnv, ...readPairs(files.GITHUB_ENV) };
    this.paths.unshift(...fs.readFileSync(files.GITHUB_PATH, "utf8").split("\n").filter(Boolean));
    const outputs = readPairs(files.GITHUB_OUTPUT);
    const outcome = code === 0 ? "success" : "failure";
    const conclusion = step["continue-on-error"] ? "success" : outcome;
    this.contexts.steps[id] = { outputs, outcome, conclusion };
    this.summary += fs.readFileSync(files.GITHUB_STEP_SUMMARY, "utf8");
    this.log += `## ${step.name ?? step.uses ?? "run"}: exit code ${code}\n${printed}`;
    if (conclusion === "failure") this.failed = true;
  }

  files(index) {
    const files = {};
    for (const name of ["OUTPUT", "ENV", "PATH", "STEP_SUMMARY"]) {
      files[`GITHUB_${name}`] = path.join(this.home, "temp", `${name}_${index}`);
      fs.writeFileSync(files[`GITHUB_${name}`], "");
    }
    return files;
  }

  environment(files) {
    const { github, runner, env } = this.contexts;
    const named = {};
    for (const key of ["repository", "sha", "ref", "ref_name", "event_name", "run_id", "job"]) {
      named[`GITHUB_${key.toUpperCase()}`] = github[key];
    }
    return {
      PATH: [...this.paths, this.run.world.stubs, "/usr/bin", "/bin", "/usr/sbin", "/sbin"].join(":"),
      HOME: path.join(this.home, "home"), LANG: "C.UTF-8", CI: "true", GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: github.workspace, RUNNER_TEMP: runner.temp, RUNNER_OS: runner.os,
      RUNNER_ARCH: runner.arch, ...named, ...files,
      // For the stubs alone.
      STUB_WORLD: this.run.world.folder, STUB_TOKEN: this.token,
      STUB_PERMISSIONS: JSON.stringify(this.permissions), ...this.run.world.stubEnvironment,
      ...env,
    };
  }

  async script(step, files, index) {
    const file = path.join(this.home, "temp", `step_${index}.sh`);
    fs.writeFileSync(file, this.scope.fill(step.run));
    const argv = step.shell === "bash"
      ? ["bash", "--noprofile", "--norc", "-eo", "pipefail", file] : ["bash", "-e", file];
    if (step.shell && step.shell !== "bash") throw new WorkflowError(`no shell ${step.shell} here`);
    const cwd = path.join(this.contexts.github.workspace, step["working-directory"] ?? ".");
    return execute(argv, { env: this.environment(files), cwd });
  }

  async use(step, files) {
    const name = step.uses.split("@")[0];
    if (!actions[name]) throw new WorkflowError(`no stub for ${step.uses}`);
    const said = [];
    const outputs = {};
    let code = 0;
    try {
      await actions[name](strings(this.scope.fill(step.with)), {
        job: this, world: this.run.world, github: this.contexts.github,
        say: (line) => said.push(line), output: (key, value) => (outputs[key] = value),
      });
    } catch (error) {
      if (!(error instanceof ActionFailure)) throw error;
      said.push(`::error::${error.message}`);
      code = 1;
    }
    fs.writeFileSync(files.GITHUB_OUTPUT,
      Object.entries(outputs).map(([k, v]) => `${k}=${v}\n`).join(""));
    return { code, printed: said.map((line) => line + "\n").join("") };
  }
}

// --- a whole workflow ---

const LEVELS = ["none", "read", "write"];

function permissionsOf(declared) {
  if (declared === undefined) throw new WorkflowError("permissions are not declared");
  if (typeof declared === "string") throw new WorkflowError(`permissions: ${declared} is too much`);
  return declared ?? {};
}

function requireGranted(wanted, granted, job) {
  for (const [name, level] of Object.entries(wanted)) {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(granted[name] ?? "none")) {
      throw new WorkflowError(`the job ${job} wants ${name}: ${level}, its caller does not grant it`);
    }
  }
}

/** The inputs as the workflow sees them: defaults filled in, in their types. */
function typedInputs(declared, given) {
  const inputs = {};
  for (const name of Object.keys(given ?? {})) {
    if (!declared?.[name]) throw new WorkflowError(`no such input: ${name}`);
  }
  for (const [name, definition] of Object.entries(declared ?? {})) {
    const { type, options, default: preset, required } = definition ?? {};
    let value = given?.[name] ?? preset;
    if (value === undefined && required) throw new WorkflowError(`the input ${name} is missing`);
    value ??= { number: 0, boolean: false }[type] ?? "";
    if (type === "number") value = Number(value);
    if (options && !options.includes(value)) throw new WorkflowError(`${name}: ${value}`);
    inputs[name] = value;
  }
  return inputs;
}

function passedSecrets(declared, given) {
  for (const name of Object.keys(given)) {
    if (!(name in (declared ?? {}))) throw new WorkflowError(`no such secret: ${name}`);
  }
  for (const [name, definition] of Object.entries(declared ?? {})) {
    if (definition?.required && !given[name]) throw new WorkflowError(`secret ${name} is missing`);
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

function combinations(matrix) {
  if (!matrix) return [{}];
  const { include, exclude, ...axes } = matrix;
  if (exclude) throw new WorkflowError("matrix.exclude is not known here");
  let all = [{}];
  for (const [name, values] of Object.entries(axes)) {
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  return include ? [...(Object.keys(axes).length ? all : []), ...include] : all;
}

function resultOf(results) {
  if (results.some((r) => r.result === "failure")) return "failure";
  return results.every((r) => r.result === "skipped") ? "skipped" : "success";
}

const joined = (results, key) => results.map((r) => r[key] ?? "").join("");

/**
 * Runs a workflow. `event` is {name, ref?, payload?}; `file` its path; `caller` is set by a call only.
 * Answers {result, jobs, outputs, log, summary}.
 */
export async function runWorkflow(world, { file, event, inputs, secrets = {}, vars = {}, caller }) {
  const workflow = parse(fs.readFileSync(file, "utf8"), path.basename(file));
  const trigger = caller ? "workflow_call" : event.name;
  const on = typeof workflow.on === "string" ? { [workflow.on]: null } : workflow.on;
  if (!(trigger in on)) throw new WorkflowError(`${file} does not run on ${trigger}`);
  const repository = world.repository;
  const run = {
    world, workflow,
    origin: caller?.origin ?? { workflow_repository: repository, workflow_sha: world.sha(repository) },
    contexts: {
      github: caller?.github ?? {
        repository, event_name: event.name, ref: event.ref ?? "refs/heads/main",
        ref_name: (event.ref ?? "refs/heads/main").replace(/^refs\/(heads|tags)\//, ""),
        sha: world.sha(repository), run_id: world.newRun(), actor: "somebody",
        workflow: workflow.name, event: event.payload ?? {},
      },
      inputs: ["workflow_call", "workflow_dispatch"].includes(trigger)
        ? typedInputs(on[trigger]?.inputs, inputs) : {},
      secrets: caller ? passedSecrets(on.workflow_call?.secrets, secrets) : secrets, vars, needs: {},
    },
  };
  const jobs = {};
  for (const [id, definition] of Object.entries(workflow.jobs)) {
    jobs[id] = await runJob(run, id, definition, jobs, caller?.permissions);
    run.contexts.needs = Object.fromEntries(Object.entries(jobs).map(
      ([name, { result, outputs }]) => [name, { result, outputs }]));
  }
  const all = Object.values(jobs);
  const scope = new Scope({ ...run.contexts, jobs }, () => true);
  const outputs = {};
  for (const [name, { value }] of Object.entries(on.workflow_call?.outputs ?? {})) {
    outputs[name] = text(scope.fill(value));
  }
  return { result: resultOf(all), jobs, outputs, log: joined(all, "log"),
    summary: joined(all, "summary") };
}

async function runJob(run, id, definition, done, granted) {
  const needs = [definition.needs ?? []].flat();
  if (needs.some((name) => !done[name])) throw new WorkflowError(`${id} stands before what it needs`);
  const good = () => needs.every((name) => done[name].result === "success");
  const needed = Object.fromEntries(needs.map((name) => [name, run.contexts.needs[name]]));
  const scope = new Scope({ ...run.contexts, needs: needed }, good);
  if (!scope.holds(definition.if)) return { result: "skipped", outputs: {} };
  if (definition.uses) return callWorkflow(run, id, definition, scope);
  if (granted) requireGranted(permissionsOf(definition.permissions), granted, id);
  const narrowed = { ...run, contexts: { ...run.contexts, needs: needed } };
  const parts = [];
  for (const matrix of combinations(scope.fill(definition.strategy?.matrix))) {
    parts.push(await new Job(narrowed, id, definition, matrix).perform());
  }
  const last = parts[parts.length - 1];
  return { result: resultOf(parts), outputs: last.outputs, steps: last.steps, parts,
    log: joined(parts, "log"), summary: joined(parts, "summary") };
}

async function callWorkflow(run, id, definition, scope) {
  const [, repository, file, ref] =
    definition.uses.match(/^([^/]+\/[^/]+)\/(\.github\/workflows\/[^@]+)@(.+)$/) ?? [];
  if (!repository) throw new WorkflowError(`${definition.uses} is not owner/name/path@ref`);
  const secrets = definition.secrets === "inherit"
    ? run.contexts.secrets : strings(scope.fill(definition.secrets));
  const called = await runWorkflow(run.world, {
    file: run.world.workflowFile(repository, file, ref), inputs: scope.fill(definition.with), secrets,
    vars: run.contexts.vars,
    caller: {
      github: run.contexts.github,
      permissions: permissionsOf(definition.permissions ?? run.workflow.permissions),
      origin: { workflow_repository: repository, workflow_sha: run.world.sha(repository) },
    },
  });
  return { ...called, inner: called.jobs };
}
