import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const FOLDER = '.github/workflows';
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** Commands of the runner that no script can replace, because they need its token. */
const RUNNER_COMMANDS = [
  /^docker buildx create --use$/,
  /^docker login ghcr\.io --username "\$GITHUB_ACTOR" --password-stdin <<< "\$TOKEN"$/,
  /^gh release create "\$GITHUB_REF_NAME" --verify-tag [^;&|`$]*--title "\$GITHUB_REF_NAME" [^;&|`$]*$/,
];

/** Expressions that a workflow may use. */
const KNOWN =
  /^(?:github\.(?:workflow|ref|token|repository|server_url|sha)|github\.event_name == 'pull_request'|matrix\.node)$/;

/** The parts of a workflow that GitHub accepts and that these workflows use. Another key may be a typing error. */
const text = z.string().min(1);
const permissions = z.partialRecord(
  z.enum(['contents', 'packages', 'id-token', 'attestations']),
  z.enum(['read', 'write']),
);
const env = z.record(z.string(), z.union([text, z.number()]));
const step = z.union([
  z.strictObject({ run: text, env: env.optional() }).transform((step) => ({ ...step, uses: undefined })),
  z
    .strictObject({ uses: text, with: z.record(z.string(), z.union([text, z.number(), z.boolean()])).optional() })
    .transform((step) => ({ ...step, run: undefined })),
]);
const called = z.strictObject({ needs: text.optional(), permissions: permissions.optional(), uses: text });
const own = z.strictObject({
  needs: z.union([text, z.array(text)]).optional(),
  strategy: z.strictObject({ 'fail-fast': z.boolean(), matrix: z.record(z.string(), z.array(z.number())) }).optional(),
  'runs-on': text,
  container: z.strictObject({ image: text, options: text }).optional(),
  'timeout-minutes': z.number(),
  environment: text.optional(),
  permissions: permissions.optional(),
  env: env.optional(),
  steps: z.array(step).min(1),
});
const events = z.strictObject({
  push: z.strictObject({ branches: z.array(text).optional(), tags: z.array(text).optional() }).optional(),
  pull_request: z.null().optional(),
  workflow_call: z.null().optional(),
});
const workflow = z.strictObject({
  name: text,
  on: events,
  permissions,
  concurrency: z.strictObject({ group: text, 'cancel-in-progress': text }).optional(),
  jobs: z.record(z.string(), z.union([called.transform((job) => ({ ...job, steps: [] })), own])),
});

const workflows = readdirSync(FOLDER).map((file) => {
  const source = readFileSync(join(FOLDER, file), 'utf8');
  return { file, source, ...workflow.parse(parse(source)) };
});
const jobs = workflows.flatMap(({ file, jobs }) => Object.entries(jobs).map(([id, job]) => ({ file, id, ...job })));
const steps = jobs.flatMap(({ steps }) => steps);

/** Returns why a workflow must not run a command; `undefined` if it may. */
function problemOf(command: string): string | undefined {
  const [program = '', verb = '', script = ''] = command.split(' ');
  if (program === 'npm' && (verb === 'ci' || verb === 'test')) return undefined;
  if (program === 'npm' && verb === 'run') return script in scripts ? undefined : `there is no npm script ${script}`;
  if (program.startsWith('.') && existsSync(program)) return undefined;
  return RUNNER_COMMANDS.some((known) => known.test(command))
    ? undefined
    : `not a script of this repository: ${command}`;
}

describe('the workflows in .github', () => {
  it('run only existing scripts of this repository and a few listed commands', () => {
    const commands = steps.flatMap(({ run }) => run?.trim().split('\n') ?? []);
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.map(problemOf).filter(Boolean)).toEqual([]);
  });

  it('pin every action to a commit, with its version in a comment', () => {
    const used = workflows.flatMap(({ source }) =>
      [...source.matchAll(/uses: (.+)/g)].map(([, target = '']) => target),
    );
    const unpinned = used.filter((target) => !/^\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(target));
    expect(unpinned.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('give write permissions only to the jobs of a release that publish something', () => {
    const given = [...workflows.map((workflow) => ({ ...workflow, id: 'all jobs' })), ...jobs];
    const writers = given.flatMap(({ file, id, permissions = {} }) =>
      Object.entries(permissions)
        .filter(([, access]) => access === 'write')
        .map(([scope]) => `${file}: ${id}: ${scope}`),
    );
    expect(writers.sort()).toEqual([
      'release.yml: image: attestations',
      'release.yml: image: id-token',
      'release.yml: image: packages',
      'release.yml: packages: id-token',
      'release.yml: page: contents',
    ]);
  });

  it('use no stored secret, and run only on push, pull_request and workflow_call', () => {
    expect(workflows.filter(({ source }) => source.includes('secrets.')).map(({ file }) => file)).toEqual([]);
    expect(workflows.flatMap(({ on }) => Object.keys(on)).sort()).toEqual([
      ...['pull_request', 'push', 'push', 'workflow_call'],
    ]);
  });

  it('put no expression into a command, because its value could be the text of a pull request or tag', () => {
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });

  it('wait only for existing jobs, and use only known expressions', () => {
    for (const { file, jobs, source } of workflows) {
      const needed = Object.values(jobs).flatMap(({ needs = [] }) => needs);
      expect(needed.filter((id) => !(id in jobs))).toEqual([]);
      const read = [...source.matchAll(/\$\{\{ (.+?) \}\}/g)].map(([, expression = '']) => expression);
      expect(read.filter((expression) => !KNOWN.test(expression)).map((unknown) => `${file}: ${unknown}`)).toEqual([]);
    }
  });
});
