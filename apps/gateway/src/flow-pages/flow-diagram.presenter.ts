import { escapeUnprintable } from '@gatehouse/contracts';
import type { FunnelStep, FunnelVersion } from '@gatehouse/executor-postgres';
import { conditionsOf, enabledBindings, type FlowVersion, isUnconditional, type PolicySet } from '@gatehouse/plan';
import { findContract } from '@gatehouse/stages';
import type { DiagramConditions, DiagramStep, VersionDiagram, VersionNumbers } from '@gatehouse/web';
import type { FlowDocument } from './flow-document.repository.js';

interface PresentedDiagram extends FlowDocument {
  readonly number: number;
  readonly period: string;
  /** The text `overdue` if the records could not be counted in time. */
  readonly funnel: FunnelVersion | undefined | 'overdue';
}

/** Returns the diagram of a flow version, with the numbers of visitors from its funnel. */
export function presentDiagram({ version, names, number, period, funnel }: PresentedDiagram): VersionDiagram {
  const { flow, guard, steps } = version;
  const counts = typeof funnel === 'object' ? funnel : undefined;
  const conditionsIn = (set: PolicySet) => presentConditions(set, version, names);
  return {
    ...{ version: number, period, requirement: flow.authentication },
    ...(!isUnconditional(guard) && { conditions: conditionsIn(guard) }),
    steps: steps.flatMap((step) => {
      const { stage, invalid_response_action: action } = step;
      const conditions = conditionsOf(step);
      const numbers = counts?.steps.find((counted) => counted.step === step.id);
      const bound: DiagramStep = {
        ...{ id: step.id, name: escapeUnprintable(stage.name), kind: stage.kind, isInserted: false },
        ...{ denies: findContract(stage.kind, version)?.ends === true, restarts: action !== 'retry' },
        ...(conditions && { conditions: conditionsIn(conditions) }),
        ...(numbers && { numbers: presentNumbers(numbers) }),
      };
      return [bound, ...insertedSteps(step.id, version, counts)];
    }),
    ...(counts && { numbers: totalsOf(counts) }),
    ...(funnel === 'overdue' && { isOverdue: true }),
  };
}

/** Returns the steps that stages have inserted after a step at run time, if the funnel has counted visitors there. */
function insertedSteps(id: string, { attached }: FlowVersion, counts: FunnelVersion | undefined): DiagramStep[] {
  const inserted = counts?.steps.filter(({ step }) => step.startsWith(`${id}~`)) ?? [];
  return inserted.map((counted) => {
    const kind = counted.kind ?? '';
    const name = (counted.stage === null ? undefined : attached[counted.stage]?.name) ?? kind;
    const rest = { isInserted: true, denies: false, restarts: false };
    return { id: counted.step, name: escapeUnprintable(name), kind, ...rest, numbers: presentNumbers(counted) };
  });
}

function presentConditions(
  set: PolicySet,
  { policies }: FlowVersion,
  names: ReadonlyMap<string, string>,
): DiagramConditions {
  const conditions = enabledBindings(set).map(({ policy, group, user, negate }) => {
    const type = policy !== undefined ? 'policy' : group !== undefined ? 'group' : 'user';
    const id = policy ?? group ?? user ?? '';
    const name = type === 'policy' ? policies[id]?.name : names.get(id);
    return { type, name: escapeUnprintable(name ?? id), negate } as const;
  });
  return { mode: set.mode, conditions };
}

const presentNumbers = ({ reached, passed, rejected, denied, abandoned, medianMs }: FunnelStep) => ({
  ...{ reached, passed, rejected, denied, left: abandoned, medianMs },
});

const totalsOf = ({ begun, done, loggedIn, denied, abandoned, expired, counted }: FunnelVersion): VersionNumbers => ({
  ...{ begun, done, loggedIn, denied, counted },
  left: abandoned + expired,
});
