import {
  fieldMessages,
  fromDescriptor,
  interpolate,
  isExternalKind,
  judgeStage,
  NON_FIELD_ERRORS,
  render,
  type StageContract,
  type StageDescriptor,
  type StageToJudge,
  undrawnFields,
} from '@gatehouse/contracts';
import type { StageRequester } from '@gatehouse/local';
import { describe } from '@gatehouse/local';
import { stages } from '@gatehouse/stages';
import { checkGuesses, type KnownAnswers } from './guess-checks.js';
import { PROTOCOL_CHECKS } from './protocol-checks.js';
import type { ProtocolFinding } from './protocol-finding.js';
import { StageUnderTest } from './stage-under-test.js';

/** A stage to check, with a config as in a blueprint. */
export interface CheckOptions extends Omit<StageToJudge, 'builtIn' | 'config'> {
  readonly config: Readonly<Record<string, unknown>>;
  /** Answers that are known to be right or wrong, which show whether the stage counts failures. Default: none. */
  readonly answers?: KnownAnswers;
}

/** Checks a running stage against the protocol. Yields a finding for each rule. */
export async function* checkStage(requester: StageRequester, options: CheckOptions): AsyncGenerator<ProtocolFinding> {
  const { kind, config } = options;
  const contract = Object.hasOwn(stages, kind) ? stages[kind]?.contract : undefined;
  const judged = { ...options, builtIn: contract !== undefined };
  const { descriptor, fault } = await judgeStage(judged, () => describe(requester, kind));
  const faults = fault ? [`${fault.field}: ${fault.text}`] : contract ? configFaults(contract, config) : [];
  yield { promise: 'can be bound by a blueprint', faults };
  if (!descriptor || faults.length > 0) return;
  yield* formNotes(descriptor);
  const stage = new StageUnderTest(requester, fromDescriptor(descriptor), config);
  for (const { promise, faults } of PROTOCOL_CHECKS) yield { promise, faults: await faults(stage) };
  if (options.answers) yield* checkGuesses(stage, options.answers);
}

/** Returns a remark if no page can draw a form for the challenge of an external stage. */
function formNotes({ component, kind, ...described }: StageDescriptor): ProtocolFinding[] {
  const undrawn = component === null || !isExternalKind(kind) ? [] : undrawnFields(described);
  if (undrawn.length === 0) return [];
  const note = `no form can be drawn for its challenge: the required ${undrawn.join(', ')} of response has no input, or is not in page.asks`;
  return [{ promise: note, faults: [], isNote: true }];
}

/**
 * Returns the errors that the contract's check of a whole config finds, as in `blueprint apply`. A descriptor has no
 * such check.
 */
function configFaults(contract: StageContract, config: CheckOptions['config']): string[] {
  const { data: parsed } = contract.config.safeParse(config);
  const errors = contract.validate({ ...config, ...parsed });
  return Object.entries(errors).flatMap(([field, messages]) =>
    messages.map((message) => {
      const place = field === NON_FIELD_ERRORS ? ['config'] : ['config', field];
      return [...place, render(message, interpolate, fieldMessages).string].join(': ');
    }),
  );
}
