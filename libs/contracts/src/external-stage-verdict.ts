import type { z } from 'zod';
import { fromDescriptor } from './descriptor-contract.js';
import { isExternalKind, notExternalKind } from './external-kind.js';
import { externalDescriptorErrors, privilegesClaimed } from './external-stage.js';
import { Problem } from './problems.js';
import { type StageDescriptor, stageDescriptor } from './stage-descriptor.js';

/** The fields of a blueprint entry for an external stage, apart from its kind. */
export interface ExternalStageEntry {
  readonly config: unknown;
  /**
   * Whether the operator trusts the claim of the descriptor (`proves`) that the stage proves the user (docs/adr/0094).
   */
  readonly trusts_proof: boolean;
}

/** An external stage that a blueprint binds, and the operator's settings for it. */
export interface StageToJudge extends ExternalStageEntry {
  readonly kind: string;
  /** Whether `TRUSTED_STAGES` lists the kind. */
  readonly trusted: boolean;
  /** Whether the stage is part of Gatehouse, so that the rules for external stages do not apply. Default: false. */
  readonly builtIn?: boolean;
}

/** The reason to refuse a stage, and the field of the blueprint entry that is wrong. */
export interface StageFault {
  readonly field: 'kind' | keyof ExternalStageEntry;
  readonly text: string;
}

/** The descriptor of a stage that a blueprint may bind, or the first reason to refuse it. */
export type StageVerdict =
  | { readonly descriptor: StageDescriptor; readonly fault?: undefined }
  | { readonly descriptor?: undefined; readonly fault: StageFault };

/**
 * Returns whether a blueprint may bind a stage. `describe` asks the running stage for its descriptor. Applying a
 * blueprint and `check:stage` both call this function, so that their verdicts are the same.
 */
export async function judgeStage(
  stage: StageToJudge,
  describe: (kind: string) => Promise<unknown>,
): Promise<StageVerdict> {
  const { kind, builtIn = false } = stage;
  const refused = (text: string) => ({ fault: { field: 'kind', text } }) as const;
  if (!builtIn && !isExternalKind(kind)) return refused(notExternalKind(kind));
  const described = await describe(kind).catch(asProblem);
  if (described instanceof Problem) return refused(described.message);
  const parsed = stageDescriptor.safeParse(described);
  if (!parsed.success) return refused(`The descriptor of ${kind} is invalid: ${inOneLine(parsed.error)}`);
  const errors = descriptorErrors(parsed.data, stage);
  if (errors.length > 0) return refused(`The descriptor of ${kind} is not allowed: ${errors.join('; ')}.`);
  const fault = entryFault(parsed.data, stage);
  return fault ? { fault } : { descriptor: parsed.data };
}

/** Returns the first reason why a descriptor does not allow the entry of a stage. */
export function entryFault(
  descriptor: StageDescriptor,
  { config, trusts_proof }: ExternalStageEntry,
): StageFault | undefined {
  const parsed = fromDescriptor(descriptor).config.strict().safeParse(config);
  if (!parsed.success) return { field: 'config', text: inOneLine(parsed.error) };
  if (!trusts_proof || descriptor.proves) return undefined;
  const text = `The descriptor of ${descriptor.kind} has no proves, so there is no proof to trust.`;
  return { field: 'trusts_proof', text };
}

function descriptorErrors(descriptor: StageDescriptor, { kind, trusted, builtIn }: StageToJudge): string[] {
  const others = descriptor.kind === kind ? [] : [`it describes the kind ${descriptor.kind}`];
  if (builtIn) return others;
  const privileges = trusted ? [] : privilegesClaimed(descriptor);
  return [
    ...others,
    ...externalDescriptorErrors(descriptor),
    ...privileges.map((privilege) => `${privilege} (list the kind in TRUSTED_STAGES to allow it)`),
  ];
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}

const inOneLine = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => [...path.map(String), message].join(': ')).join('; ');
