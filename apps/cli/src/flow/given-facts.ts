import { readFile } from 'node:fs/promises';
import { fromDescriptor, planContext } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';
import type { FlowVersion, PlanSeed } from '@gatehouse/plan';
import { type ContractLookup, outcomeNamesOf, POLICY_ANSWERS, VISITORS } from '@gatehouse/simulation';
import { parse } from 'yaml';
import { z } from 'zod';
import { unknownName } from './nearest-name.js';

/** Largest size of a file with given facts, in bytes. */
const MAX_BYTES = 64 * 1024;

const yesOrNo = z.union([z.boolean(), z.enum(['yes', 'no'])]).transform((value) => value === true || value === 'yes');
const names = z.union([z.string().transform((name) => [name]), z.array(z.string()).min(1)]);
const facts = z.strictObject({
  visitor: z.enum(VISITORS).optional(),
  recent_login: yesOrNo.optional(),
  policies: z.record(z.string(), z.enum(POLICY_ANSWERS)).default({}),
  groups: z.record(z.string(), yesOrNo).default({}),
  stages: z.record(z.string(), names).default({}),
  context: z.record(z.string(), z.unknown()).default({}),
});

/** Facts that the operator gives: policies by name, groups by name, outcomes by the name of the stage. */
export type GivenFacts = z.output<typeof facts>;

export const NO_FACTS: GivenFacts = facts.parse({});

/** Reads given facts from a YAML file. Throws CommandError if they name something that the flow version does not have. */
export async function readGivenFacts(
  file: string,
  version: FlowVersion,
  contracts: ContractLookup,
): Promise<GivenFacts> {
  const parsed = facts.safeParse(parseYaml(await readText(file), file));
  if (!parsed.success) throw new CommandError(`${file}: ${firstIssue(parsed.error)}`);
  const given = parsed.data;
  const policies = Object.values(version.policies).map(({ name }) => name);
  for (const name of Object.keys(given.policies))
    if (!policies.includes(name)) throw unknownName('policy', name, policies);
  const outcomes = outcomeNamesOf(version, contracts);
  for (const [stage, chosen] of Object.entries(given.stages)) {
    const known = outcomes.get(stage);
    if (!known) throw unknownName('stage', stage, [...outcomes.keys()]);
    const unknown = chosen.find((name) => !known.includes(name));
    if (unknown !== undefined) throw unknownName(`outcome of the stage ${stage},`, unknown, known);
  }
  contextSeed(given, version);
  return given;
}

/**
 * Returns the facts of the plan that the operator gives. Throws CommandError for an unknown fact, and for a value that
 * does not match the schema of its fact. Known facts are those that stages share and those that an external stage of
 * the version declares.
 */
export function contextSeed({ context }: GivenFacts, version: FlowVersion): PlanSeed | undefined {
  if (Object.keys(context).length === 0) return undefined;
  const schema = planContext.extend(ownFactSchemas(version));
  const known = Object.keys(schema.shape);
  const unknown = Object.keys(context).find((key) => !known.includes(key));
  if (unknown !== undefined) throw unknownName('fact', unknown, known);
  const parsed = schema.safeParse(context);
  if (parsed.success) return { context: parsed.data };
  throw new CommandError(`context: ${firstIssue(parsed.error)}`);
}

/** Returns the schemas of the own facts that the external stages of a flow version declare, by name. */
const ownFactSchemas = ({ descriptors }: FlowVersion): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.values(descriptors).flatMap((descriptor) =>
      Object.entries(fromDescriptor(descriptor).facts).map(([name, { schema }]) => [name, schema.optional()]),
    ),
  );

const firstIssue = ({ issues: [issue] }: z.ZodError) =>
  `${issue?.path.length ? `${issue.path.join('.')}: ` : ''}${issue?.message ?? 'invalid'}`;

async function readText(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.length <= MAX_BYTES) return bytes.toString('utf8');
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  throw new CommandError(`${file} is larger than ${MAX_BYTES} bytes.`);
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 }) ?? {};
  } catch (cause) {
    const [line] = (cause as Error).message.split('\n');
    throw new CommandError(`${file} is not valid YAML: ${line}`, { cause });
  }
}
