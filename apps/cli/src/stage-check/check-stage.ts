import {
  externalDescriptorErrors,
  fromDescriptor,
  isExternalKind,
  Problem,
  type StageDescriptor,
  stageDescriptor,
} from '@gatehouse/contracts';
import type { StageRequester } from '@gatehouse/local';
import { describe } from '@gatehouse/local';
import { z } from 'zod';
import { PROTOCOL_CHECKS } from './protocol-checks.js';
import { StageUnderTest } from './stage-under-test.js';

/** A rule of the protocol and the violations of it. */
export interface ProtocolFinding {
  readonly promise: string;
  readonly faults: readonly string[];
}

interface CheckOptions {
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Checks a running stage against the protocol. Yields a finding for each rule. */
export async function* checkStage(
  requester: StageRequester,
  { kind, config }: CheckOptions,
): AsyncGenerator<ProtocolFinding> {
  const description = await describe(requester, kind).catch((error: unknown) => {
    if (error instanceof Problem) return error;
    throw error;
  });
  const parsed = stageDescriptor.safeParse(description);
  yield {
    promise: 'describes itself',
    faults: description instanceof Problem ? [description.message] : descriptionFaults(kind, parsed),
  };
  if (!parsed.success || parsed.data.kind !== kind) return;
  yield { promise: 'claims nothing that it may not have', faults: privilegeFaults(parsed.data) };
  const stage = new StageUnderTest(requester, fromDescriptor(parsed.data), config);
  const fits = stage.contract.config.safeParse(config);
  yield { promise: 'accepts this config', faults: fits.success ? [] : [z.prettifyError(fits.error)] };
  if (!fits.success) return;
  for (const { promise, faults } of PROTOCOL_CHECKS) yield { promise, faults: await faults(stage) };
}

function descriptionFaults(kind: string, parsed: z.ZodSafeParseResult<StageDescriptor>): string[] {
  if (!parsed.success) return [z.prettifyError(parsed.error)];
  return parsed.data.kind === kind ? [] : [`it calls itself ${parsed.data.kind}`];
}

const privilegeFaults = (descriptor: StageDescriptor): string[] =>
  isExternalKind(descriptor.kind) ? externalDescriptorErrors(descriptor) : [];
