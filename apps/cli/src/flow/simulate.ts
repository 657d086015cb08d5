import { parseArgs } from 'node:util';
import { simulatedContracts as contracts } from '@gatehouse/blueprints';
import { apiVersionIn, CommandError } from '@gatehouse/local';
import type { FlowVersion } from '@gatehouse/plan';
import { MAX_PATHS, type Oracle, type Simulation, simulate } from '@gatehouse/simulation';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { CommandProcess, CommandResult } from '../command.js';
import { withFlowDatabase } from '../sealed-flow-database.js';
import { findUser } from '../user/find-user.js';
import { parseVersion } from './flow-database.js';
import { contextSeed, type GivenFacts, NO_FACTS, readGivenFacts } from './given-facts.js';
import { unknownName } from './nearest-name.js';
import { asGiven, asUser, findSimulatedUser } from './simulated-user.js';
import { simulationText, simulationToJson } from './simulation-text.js';
import { findStoredVersion } from './stored-version.repository.js';

/** Usage of `npm run flow -- simulate`, with all options. */
export const SIMULATE_USAGE =
  'usage: npm run flow -- simulate SLUG [--version N] [--as USERNAME] [--given FILE.yaml] [--max-paths N] [--fail-on FINDING]… [--json]';

/** The kinds of findings that `--fail-on` may name. Each function counts the findings of its kind in a simulation. */
const FINDINGS = {
  'login-without-factor': ({ loginsWithoutFactor }: Simulation) => loginsWithoutFactor.length,
  'login-without-second-factor': ({ loginsWithoutSecondFactor }: Simulation) => loginsWithoutSecondFactor.length,
  'never-reached': ({ neverReached }: Simulation) => neverReached.length,
  'dead-end': ({ deadEnds }: Simulation) => deadEnds.length,
  vanishing: ({ policiesAway }: Simulation) => policiesAway.vanishing.length,
  incomplete: ({ isComplete, changingPolicies }: Simulation) => changingPolicies.length + (isComplete ? 0 : 1),
} as const;
type FindingName = keyof typeof FINDINGS;

const OPTIONS = {
  version: { type: 'string' },
  as: { type: 'string' },
  given: { type: 'string' },
  'max-paths': { type: 'string', default: String(MAX_PATHS) },
  'fail-on': { type: 'string', multiple: true },
  json: { type: 'boolean', default: false },
} as const;

/** Returns all paths of a flow version, with the findings. The exit code is 1 for a finding of `--fail-on`. */
export async function simulateFlow(args: readonly string[], { env }: CommandProcess): Promise<CommandResult> {
  const { slug, number, maxPaths, failOn, values } = parseArguments(args);
  const { simulation, names } = await withFlowDatabase(env, async (source) => {
    const { version } = await findStoredVersion(source, slug, number);
    const given = values.given === undefined ? NO_FACTS : await readGivenFacts(values.given, version, contracts);
    const groups = await groupNames(source);
    const limits = [await userLimit(source, version, values.as), await givenLimit(source, given)];
    const limit = (oracle: Oracle) => limits.reduce((limited, next) => next(limited), oracle);
    const walked = { version, contracts, seed: contextSeed(given, version), line: apiVersionIn(env) };
    return { simulation: simulate({ ...walked, limit, maxPaths }), names: groups };
  });
  const output = values.json ? simulationToJson(simulation, names) : simulationText(simulation, names);
  return { output, exitCode: failOn.some((name) => FINDINGS[name](simulation) > 0) ? 1 : 0 };
}

function parseArguments(args: readonly string[]) {
  const { values, positionals } = readArguments(args);
  const [slug = '', ...rest] = positionals;
  if (slug === '' || rest.length > 0) throw new CommandError(SIMULATE_USAGE);
  const failOn = (values['fail-on'] ?? []).map((name) => {
    if (!Object.hasOwn(FINDINGS, name)) throw unknownName('finding', name, Object.keys(FINDINGS));
    return name as FindingName;
  });
  const number = values.version === undefined ? undefined : parseVersion(values.version);
  return { slug, number, maxPaths: numberOf('--max-paths', values['max-paths']), failOn, values };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new CommandError(`${(cause as Error).message}\n${SIMULATE_USAGE}`, { cause });
  }
}

/** Returns the number of an option. Throws CommandError for anything but a number from 1 to 100,000. */
function numberOf(option: string, text: string): number {
  const parsed = z.coerce.number().int().min(1).max(100_000).safeParse(text);
  if (!parsed.success) throw new CommandError(`${option} must be a number from 1 to 100000.`);
  return parsed.data;
}

const unlimited = (oracle: Oracle) => oracle;

async function userLimit(source: DataSource, version: FlowVersion, username: string | undefined) {
  if (username === undefined) return unlimited;
  return asUser(await findSimulatedUser(source, await findUser(source, username)), version);
}

async function givenLimit(source: DataSource, given: GivenFacts) {
  const names = await groupNames(source);
  const ids = new Map([...names].map(([id, name]) => [name, id]));
  for (const name of Object.keys(given.groups))
    if (!ids.has(name)) throw unknownName('group', name, [...ids.keys()].sort());
  return asGiven(given, ids);
}

/** Returns the names of all groups by id. */
async function groupNames(source: DataSource): Promise<ReadonlyMap<string, string>> {
  const rows = await source.query<{ id: string; name: string }[]>('SELECT id, name FROM directory.groups');
  return new Map(rows.map(({ id, name }) => [id, name]));
}
