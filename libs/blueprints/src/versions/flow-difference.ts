import type { FlowVersion } from '@gatehouse/plan';
import type { Json } from '../json.js';
import { type Change, type ChangedPart, changed } from './change.js';
import { matched } from './matched-items.js';
import { conditionChanges, stepChanges } from './step-changes.js';
import type { VersionContents } from './version-content.js';

interface DifferenceOptions {
  readonly contents: VersionContents;
  /** Names of groups and users, by id. */
  readonly principals: ReadonlyMap<string, string>;
}

type Attached = FlowVersion['attached'];

/** Returns the differences of two versions of a flow. They never contain the values of secrets. */
export function flowDifference(
  before: FlowVersion,
  after: FlowVersion,
  { contents, principals }: DifferenceOptions,
): Change[] {
  const names = new Map([...principals, ...namesIn(before), ...namesIn(after)]);
  const [old, next] = [contents.withSecretValues(before), contents.withSecretValues(after)];
  const changes = [
    ...changed({ part: 'flow', name: next.flow.slug }, flowFields(old), flowFields(next)),
    ...conditionChanges(old.guard, next.guard, { names }),
    ...stepChanges(old, next, names),
    ...stageChanges('attached stage', old.attached, next.attached),
    ...stageChanges('companion stage', old.companions, next.companions),
    ...policyChanges(old.policies, next.policies),
    ...externalStageChanges(old.descriptors, next.descriptors),
  ];
  return withNames(changes, names);
}

function flowFields({ flow, guard }: FlowVersion) {
  const { id: _, ...fields } = flow;
  return { ...fields, policy_engine_mode: guard.mode };
}

function stageChanges(part: ChangedPart, before: Attached, after: Attached): Change[] {
  const { pairs, removed, added } = matched(Object.values(before), Object.values(after), [
    ({ id }) => id,
    ({ kind, name }) => `${kind} ${name}`,
  ]);
  const factsOf = ({ name, kind }: Attached[string]) => ({ part, name, kind });
  const fieldsOf = (stage: Attached[string]) => {
    const { id: _, config, secrets, ...facts } = stage;
    return { ...facts, ...config, ...secrets };
  };
  return [
    ...removed.map((stage) => ({ ...factsOf(stage), change: 'removed' as const, fields: [] })),
    ...added.map((stage) => ({ ...factsOf(stage), change: 'added' as const, fields: [] })),
    ...pairs.flatMap(([old, stage]) => changed(factsOf(stage), fieldsOf(old), fieldsOf(stage))),
  ];
}

function policyChanges(before: FlowVersion['policies'], after: FlowVersion['policies']): Change[] {
  const listOf = (policies: FlowVersion['policies']) =>
    Object.entries(policies).map(([id, policy]) => ({ id, ...policy }));
  const { pairs, removed, added } = matched(listOf(before), listOf(after), [
    ({ id }) => id,
    ({ kind, name }) => `${kind} ${name}`,
  ]);
  const factsOf = ({ name, kind }: FlowVersion['policies'][string]) => ({ part: 'policy', name, kind }) as const;
  return [
    ...removed.map((policy) => ({ ...factsOf(policy), change: 'removed' as const, fields: [] })),
    ...added.map((policy) => ({ ...factsOf(policy), change: 'added' as const, fields: [] })),
    ...pairs.flatMap(([old, policy]) =>
      changed(
        factsOf(policy),
        { ...old.config, name: old.name, calls: old.calls },
        { ...policy.config, name: policy.name, calls: policy.calls },
      ),
    ),
  ];
}

/** Returns the kinds of external stages whose descriptor differs. */
function externalStageChanges(before: FlowVersion['descriptors'], after: FlowVersion['descriptors']): Change[] {
  return Object.keys(after).flatMap((kind) =>
    before[kind] === undefined ? [] : changed({ part: 'external stage', name: kind }, before[kind], after[kind]),
  );
}

/** Returns the names of the stages and policies of a version, by id. */
function namesIn({ steps, attached, companions, policies }: FlowVersion): [string, string][] {
  const stages = [...steps.map(({ stage }) => stage), ...Object.values(attached), ...Object.values(companions)];
  return [
    ...stages.map(({ id, name }): [string, string] => [id, name]),
    ...Object.entries(policies).map(([id, { name }]): [string, string] => [id, name]),
  ];
}

/** Replaces ids by names in the values of fields. */
function withNames(changes: readonly Change[], names: ReadonlyMap<string, string>): Change[] {
  const named = (value: unknown) =>
    JSON.parse(JSON.stringify(value), (_, part: unknown) =>
      typeof part === 'string' ? (names.get(part) ?? part) : part,
    ) as Json;
  return changes.map((change) => ({
    ...change,
    fields: change.fields.map(({ before, after, ...rest }) => ({
      ...rest,
      ...(before !== undefined && { before: named(before) }),
      ...(after !== undefined && { after: named(after) }),
    })),
  }));
}
