import {
  fromDescriptor,
  isExternalKind,
  judgeStage,
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
  /** Answers that show which of them count. Default: none. */
  readonly answers?: KnownAnswers;
}

/** Checks a running stage against the protocol. Yields a finding for each rule. */
export async function* checkStage(requester: StageRequester, options: CheckOptions): AsyncGenerator<ProtocolFinding> {
  const { kind, config } = options;
  const builtIn = Object.hasOwn(stages, kind);
  const { descriptor, fault } = await judgeStage({ ...options, builtIn }, () => describe(requester, kind));
  yield { promise: 'can be bound by a blueprint', faults: fault ? [`${fault.field}: ${fault.text}`] : [] };
  if (!descriptor) return;
  yield* formNotes(descriptor);
  const stage = new StageUnderTest(requester, fromDescriptor(descriptor), config);
  for (const { promise, faults } of PROTOCOL_CHECKS) yield { promise, faults: await faults(stage) };
  if (options.answers) yield* checkGuesses(stage, options.answers);
}

/** Returns a remark if the pages can draw no form for the challenge of an external stage. */
function formNotes({ component, kind, ...described }: StageDescriptor): ProtocolFinding[] {
  const undrawn = component === null || !isExternalKind(kind) ? [] : undrawnFields(described);
  if (undrawn.length === 0) return [];
  const note = `no form can be drawn for its challenge: the required ${undrawn.join(', ')} of response has no input, or is not in page.asks`;
  return [{ promise: note, faults: [], isNote: true }];
}
