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

/** A stage that is embedded in a host stage, with the config field that names it and its rule. */
export interface EmbeddedStage {
  readonly field: string;
  readonly embed: EmbeddedStageRule;
  /** The stage with its secrets, which its host never sees. */
  readonly attached: AttachedStage;
}

interface HostStage {
  readonly contract: StageContract;
  readonly stage: Pick<Step, 'name' | 'config'>;
}

/** Returns the stages that a host's config embeds. Throws `stage_fault` if one is missing: a check is never skipped. */
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
 * Hides the fields of embedded stages from their host. The host sees an empty text instead, or the first character that no
 * text may contain, which it rejects as in any field.
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

/** A password may be a number, which stages read as text. */
const isTextual = (value: unknown) => typeof value === 'string' || typeof value === 'number';

/** Merges the replies of two stages that both passed. */
export const mergePassed = (host: PassedReply, part: PassedReply): PassedReply => ({
  ...host,
  context: { ...host.context, ...part.context, ...mergedUser(host, part) },
  effects: [...(host.effects ?? []), ...(part.effects ?? [])],
  verified: [...(host.verified ?? []), ...(part.verified ?? [])],
  ...mergedInsert(host, part),
});

/** Only one of two stages may insert steps, because neither knows the other. */
function mergedInsert({ insert: first }: PassedReply, { insert: second }: PassedReply) {
  if (first && second) throw new Problem('stage_fault', { detail: 'a stage and its embedded stage both add steps' });
  const insert = first ?? second;
  return insert ? { insert } : {};
}

/** Merges the user of an embedded stage into the user of its host. */
function mergedUser(host: PassedReply, part: PassedReply) {
  const [before, after] = [host, part].map(({ context }) => context?.['pending_user'] as User | undefined);
  return after ? { pending_user: mergeUser(before, after) } : {};
}

/**
 * Removes the context from the refusal of a composite step. The host passes before the embedded stage judges, and the facts
 * that the host wrote, such as the user it found, must not outlive the refusal (docs/adr/0033).
 */
export function withoutContext(reply: StageReply): StageReply {
  if (reply.type !== 'rejected' && reply.type !== 'denied') return reply;
  const { context: _unproved, ...refusal } = reply;
  return refusal;
}

/** Returns the effects of a passed host that happen even if an embedded stage refuses: those that only record. */
export const recordingEffectsOf = ({ effects = [] }: PassedReply): Effect[] =>
  effects.filter(({ type }) => REFUSAL_EFFECTS.has(type));

interface EmbeddedChallenge {
  /** The field of the host's challenge that contains the embedded challenge. */
  readonly field: string;
  readonly component: string | undefined;
  readonly inner: StageReply;
}

/** Returns a host's reply with the challenge of an embedded stage, or null if that stage asks nothing. */
export const withEmbeddedChallenge = <R extends Extract<StageReply, { challenge: object }>>(
  host: R,
  { field, component, inner }: EmbeddedChallenge,
): R => {
  const challenge = 'challenge' in inner ? { ...inner.challenge, component } : null;
  const effects = [...(host.effects ?? []), ...(inner.effects ?? [])];
  return { ...host, challenge: { ...host.challenge, [field]: challenge }, effects };
};
