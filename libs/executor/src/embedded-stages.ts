import {
  type AttachedStage,
  type Effect,
  type EmbeddedStageRule,
  findUnstorableCharacter,
  Problem,
  REFUSAL_EFFECTS,
  type StageContract,
  type StageReply,
  type User,
} from '@gatehouse/contracts';
import { type FlowVersion, mergeUser, type Step } from '@gatehouse/plan';
import type { ResponseBody } from './stage-request.js';

export type PassedReply = Extract<StageReply, { type: 'passed' }>;

/** A step inside another: the host's config field that names it, what it judges, and itself. */
export interface EmbeddedStage {
  readonly field: string;
  readonly embed: EmbeddedStageRule;
  /** With its secrets, which its host never sees. */
  readonly attached: AttachedStage;
}

interface HostStage {
  readonly contract: StageContract;
  readonly stage: Pick<Step, 'name' | 'config'>;
}

/** The steps that a host's config embeds. Throws stage_fault when one is named and not there: a check is never left out. */
export function embeddedStages({ contract, stage }: HostStage, { attached }: FlowVersion): EmbeddedStage[] {
  return Object.entries(contract.embeds).flatMap(([field, embed]) => {
    const id = stage.config[field];
    if (id === null || id === undefined) return [];
    const inner = attached[String(id)];
    if (!inner)
      throw new Problem('stage_fault', { detail: `the ${field} of ${stage.name} is not in the flow version` });
    const { secrets, ...attachedStage } = inner;
    return [{ field, embed, attached: { ...attachedStage, config: { ...inner.config, ...secrets } } }];
  });
}

/**
 * What an embedded step judges is for that step alone: its host learns only whether it is text, and of a character that no
 * text may hold, which it refuses as any field does.
 */
export function withoutEmbeddedFields(body: ResponseBody, { embeds }: StageContract): ResponseBody {
  const fields = new Set(Object.values(embeds).map(({ field }) => field));
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      fields.has(key) && isTextual(value) ? (findUnstorableCharacter(value) ?? '') : value,
    ]),
  );
}

/** Numbers are read as text: a password may be one. */
const isTextual = (value: unknown) => typeof value === 'string' || typeof value === 'number';

/** Two steps that both passed, as one. */
export const mergePassed = (host: PassedReply, part: PassedReply): PassedReply => ({
  ...host,
  context: { ...host.context, ...part.context, ...mergedUser(host, part) },
  effects: [...(host.effects ?? []), ...(part.effects ?? [])],
  verified: [...(host.verified ?? []), ...(part.verified ?? [])],
  ...mergedInsert(host, part),
});

/** What one of them wants to come after it; both cannot, because neither knows of the other. */
function mergedInsert({ insert: one }: PassedReply, { insert: other }: PassedReply) {
  if (one && other) throw new Problem('stage_fault', { detail: 'two steps inside each other both add steps' });
  const insert = one ?? other;
  return insert ? { insert } : {};
}

/** What the inner step says of the user adds to what its host said. */
function mergedUser(host: PassedReply, part: PassedReply) {
  const [before, after] = [host, part].map(({ context }) => context?.['pending_user'] as User | undefined);
  return after ? { pending_user: mergeUser(before, after) } : {};
}

/**
 * A reply of a composite step. A refused one writes no context: the host passes before the embedded step is judged, and what
 * it wrote (the user it found) must not outlive the refusal (docs/adr/0033).
 */
export function withoutContext(reply: StageReply): StageReply {
  if (reply.type !== 'rejected' && reply.type !== 'denied') return reply;
  const { context: _unproved, ...refusal } = reply;
  return refusal;
}

/** The effects of a passed host that still happen when a step inside it refuses: those that only record. */
export const recordingEffectsOf = ({ effects = [] }: PassedReply): Effect[] =>
  effects.filter(({ type }) => REFUSAL_EFFECTS.has(type));

interface EmbeddedChallenge {
  /** The field of the host's challenge that takes it. */
  readonly field: string;
  readonly component: string | undefined;
  readonly inner: StageReply;
}

/** A host's reply with what an inner step asks; null where it has nothing to ask. */
export const withEmbeddedChallenge = <R extends Extract<StageReply, { challenge: object }>>(
  host: R,
  { field, component, inner }: EmbeddedChallenge,
): R => {
  const challenge = 'challenge' in inner ? { ...inner.challenge, component } : null;
  const effects = [...(host.effects ?? []), ...(inner.effects ?? [])];
  return { ...host, challenge: { ...host.challenge, [field]: challenge }, effects };
};
