import type { FlowVersion } from '@gatehouse/plan';
import { type Change, changed } from './change.js';
import { fieldChanges } from './field-changes.js';
import { matched, movedItems } from './matched-items.js';

type Names = ReadonlyMap<string, string>;
type Step = FlowVersion['steps'][number];
type PolicySet = FlowVersion['guard'];
type Binding = PolicySet['bindings'][number] & { readonly shadow?: true };

/** Returns how the steps of two versions differ, with their conditions. `names` are those of policies, groups and users. */
export function stepChanges(before: FlowVersion, after: FlowVersion, names: Names): Change[] {
  const { pairs, removed, added } = matched(before.steps, after.steps, [
    ({ id }) => id,
    ({ stage }) => stage.id,
    ({ stage }) => `${stage.kind} ${stage.name}`,
  ]);
  const moved = movedItems(
    pairs.map(([step]) => step),
    before.steps,
  );
  return [
    ...removed.map((step) => listed(step, 'removed', { before: positionIn(before, step) })),
    ...added.map((step) => listed(step, 'added', { after: positionIn(after, step) })),
    ...pairs.flatMap(([old, step]) => {
      const position = { before: positionIn(before, old), after: positionIn(after, step) };
      return [
        ...(moved.has(old) ? [listed(step, 'moved', position)] : []),
        ...changed(factsOf(step), fieldsOf(old), fieldsOf(step)),
        ...conditionChanges(old.policies, step.policies, { names, step }),
      ];
    }),
    ...added.flatMap((step) =>
      conditionChanges({ mode: step.policies.mode, bindings: [] }, step.policies, { names, step }),
    ),
  ];
}

const positionIn = ({ steps }: FlowVersion, step: Step) => steps.indexOf(step) + 1;
const factsOf = ({ stage: { name, kind } }: Step) => ({ part: 'step', name, kind }) as const;
const listed = (step: Step, change: Change['change'], position: NonNullable<Change['position']>): Change => ({
  ...{ ...factsOf(step), change, position, fields: [] },
});

function fieldsOf(step: Step) {
  const { id: _, policies, stage: bound, ...flags } = step;
  const { id: __, config, ...stage } = bound;
  return { ...flags, policy_engine_mode: policies.mode, stage, ...config };
}

/** Returns how the conditions of a step, or without a step those of the flow, differ. */
export function conditionChanges(
  before: PolicySet,
  after: PolicySet,
  { names, step }: { readonly names: Names; readonly step?: Step },
): Change[] {
  const { pairs, removed, added } = matched(bindingsOf(before), bindingsOf(after), [({ id }) => id, targetOf]);
  const condition = (binding: Binding) => ({
    ...{ part: 'condition' as const, name: names.get(targetOf(binding)) ?? targetOf(binding) },
    ...(step && { step: step.stage.name }),
  });
  return [
    ...removed.map((binding) => ({ ...condition(binding), change: 'removed' as const, fields: [] })),
    ...added.map((binding) => ({
      ...{ ...condition(binding), change: 'added' as const, fields: fieldChanges({}, flagsOf(binding)) },
    })),
    ...pairs.flatMap(([old, binding]) => changed(condition(binding), flagsOf(old), flagsOf(binding))),
  ];
}

const bindingsOf = ({ bindings, shadow = [] }: PolicySet): Binding[] => [
  ...bindings,
  ...shadow.map((binding) => ({ ...binding, shadow: true as const })),
];

const targetOf = ({ policy, group, user }: Binding) => policy ?? group ?? user ?? '';

function flagsOf(binding: Binding) {
  const { id: _, policy: __, group: ___, user: ____, timeout_s: timeout, ...flags } = binding;
  return { ...flags, timeout };
}
