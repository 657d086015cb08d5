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

const permissions = z.record(z.string(), z.enum(['read', 'write']));
const step = z.object({ run: z.string().optional(), uses: z.string().optional() });
const job = z.object({
  permissions: permissions.optional(),
  uses: z.string().optional(),
  'timeout-minutes': z.number().optional(),
  steps: z.array(step).default([]),
});
const workflow = z.object({ on: z.record(z.string(), z.unknown()), permissions, jobs: z.record(z.string(), job) });

const workflows = readdirSync(FOLDER).map((name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  return { name, text, ...workflow.parse(parse(text)) };
});
const jobs = workflows.flatMap(({ name, jobs }) => Object.entries(jobs).map(([id, job]) => ({ name, id, ...job })));
const steps = jobs.flatMap(({ steps }) => steps);

/** Returns why a command is not one that runs everywhere; `undefined` if it is. */
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
  it('run scripts of this repository that exist, and no other commands', () => {
    const commands = steps.flatMap(({ run }) => run?.trim().split('\n') ?? []);
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.map(problemOf).filter(Boolean)).toEqual([]);
  });

  it('pin every action to a commit, beside the version of it', () => {
    const used = workflows.flatMap(({ text }) => [...text.matchAll(/uses: (.+)/g)].map(([, target = '']) => target));
    const unpinned = used.filter((target) => !/^\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(target));
    expect(unpinned.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('give a token that can write only to jobs of a release, for what the job publishes', () => {
    const writers = [...workflows.map((file) => ({ ...file, id: 'all jobs' })), ...jobs].flatMap(
      ({ name, id, permissions = {} }) =>
        Object.keys(permissions)
          .filter((scope) => permissions[scope] === 'write')
          .map((scope) => `${name}: ${id}: ${scope}`),
    );
    expect(writers.sort()).toEqual([
      'release.yml: image: attestations',
      'release.yml: image: id-token',
      'release.yml: image: packages',
      'release.yml: packages: id-token',
      'release.yml: page: contents',
    ]);
  });

  it('use no stored secret, and never run for a fork with the rights of this repository', () => {
    expect(workflows.filter(({ text }) => text.includes('secrets.')).map(({ name }) => name)).toEqual([]);
    expect(workflows.flatMap(({ on }) => Object.keys(on)).sort()).toEqual([
      ...['pull_request', 'push', 'push', 'workflow_call'],
    ]);
  });

  it('put no text of a pull request or tag into a command', () => {
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });

  it('limit the time of every job', () => {
    expect(jobs.filter(({ uses, ...job }) => !uses && !job['timeout-minutes'])).toEqual([]);
  });
});
