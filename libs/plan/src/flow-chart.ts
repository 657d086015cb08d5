import type { FlowVersion, PolicySet } from './flow-version.js';
import { enabledBindings, isUnconditional } from './policy-set.js';

/** Options of a flow chart. */
export interface FlowChartOptions {
  /** Names of groups and users by id. The chart shows the id of a group or user that is not listed here. */
  readonly names?: ReadonlyMap<string, string>;
  /** Returns whether stages of this kind always deny. */
  readonly ends?: (kind: string) => boolean;
}

const REQUIREMENTS = {
  require_authenticated: 'visitor is logged in',
  require_unauthenticated: 'visitor is anonymous',
  require_superuser: 'visitor is a superuser',
  require_outpost: 'request is by an outpost',
  require_redirect: 'visitor comes from a redirect stage',
  require_token: 'visitor comes by a link',
} as const;

/**
 * Returns a Mermaid flowchart of a flow version. Names in it are escaped, so that they cannot contain Mermaid syntax
 * (docs/spec/simulation.md#diagram).
 */
export function flowChartOf(
  version: FlowVersion,
  { names = new Map(), ends = () => false }: FlowChartOptions = {},
): string {
  const { flow, guard, steps } = version;
  const entries = steps.map((step, i) => ({ step, id: `stage_${i}`, policies: conditionsOf(step) }));
  const entryIds = [...entries.map(({ id, policies }) => (policies ? `${id}_policies` : id)), 'done'];
  const conditions = [
    ...(flow.authentication === 'none' ? [] : [['flow_requirement', REQUIREMENTS[flow.authentication]] as const]),
    ...(isUnconditional(guard) ? [] : [['flow_policies', conditionText(guard, version, names)] as const]),
  ];
  const start = [...conditions.map(([id]) => id), entryIds[0]!];
  return [
    'graph TD',
    `flow_start(["${escapeLabel(`Flow ${flow.name}`)}"])`,
    `flow_start --> ${start[0]}`,
    ...conditions.flatMap(([id, text], i) => choice(id, text, { yes: start[i + 1]!, no: 'denied' })),
    ...entries.flatMap(({ step: { stage, invalid_response_action: action }, id, policies }, i) => {
      const next = entryIds[i + 1]!;
      return [
        ...(policies ? choice(`${id}_policies`, conditionText(policies, version, names), { yes: id, no: next }) : []),
        `${id}["${escapeLabel(`${stage.name} (${stage.kind})`)}"]`,
        `${id} --> ${ends(stage.kind) ? 'denied' : next}`,
        ...(action === 'retry' ? [] : [`${id} -. "invalid response" .-> flow_start`]),
      ];
    }),
    'done(["End of the flow"])',
    ...(conditions.length > 0 || steps.some(({ stage }) => ends(stage.kind)) ? ['denied(["Access denied"])'] : []),
  ].join('\n');
}

/**
 * Returns the policies of a step, if they are ever evaluated: when the flow is planned, or when the step is reached.
 */
export function conditionsOf({
  policies,
  evaluate_on_plan: onPlan,
  re_evaluate_policies: again,
}: FlowVersion['steps'][number]) {
  return (onPlan || again) && !isUnconditional(policies) ? policies : undefined;
}

const choice = (id: string, text: string, { yes, no }: Readonly<Record<'yes' | 'no', string>>): string[] => [
  `${id}{"${escapeLabel(text)}"}`,
  `${id} -- yes --> ${yes}`,
  `${id} -- no --> ${no}`,
];

function conditionText(set: PolicySet, { policies }: FlowVersion, names: ReadonlyMap<string, string>): string {
  const texts = enabledBindings(set).map(({ policy, group, user, negate }) => {
    const [kind, id] =
      policy !== undefined ? ['policy', policy] : group !== undefined ? ['group', group] : ['user', user ?? ''];
    return `${negate ? 'not ' : ''}${kind} ${policies[id]?.name ?? names.get(id) ?? id}`;
  });
  return texts.join(set.mode === 'any' ? ' or ' : ' and ');
}

/** Replaces characters that Mermaid or HTML could read as syntax by character codes, and removes control characters. */
const escapeLabel = (text: string): string =>
  text
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .replaceAll(/[^\p{L}\p{M}\p{N} .,:_()-]/gu, (character) => `#${character.codePointAt(0)};`);
