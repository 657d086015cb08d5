import {
  type AttachedStage,
  type Effect,
  type EmbeddedStageRule,
  findUnstorableCharacter,
  type Message,
  Problem,
  REFUSAL_EFFECTS,
  type StageContract,
  type StageReply,
  type User,
} from '@gatehouse/contracts';
import { type FlowVersion, mergeUser, type Plan, type Step, withoutUserFacts } from '@gatehouse/plan';
import { hasValue } from './attempts/reservation-factory.js';
import type { ResponseBody } from './stage-request.js';
import { effectsOf } from './stage-result.js';

export type PassedReply = Extract<StageReply, { type: 'passed' }>;

/**
 * A stage that is embedded in a host stage. `field` is the field of the host's config that refers to it, `embed` the
 * rule of the host's contract about it.
 */
export interface EmbeddedStage {
  readonly field: string;
  readonly embed: EmbeddedStageRule;
  /** The embedded stage, including its secrets. The host never sees these secrets. */
  readonly attached: AttachedStage;
}

interface HostStage {
  readonly contract: StageContract;
  readonly stage: Pick<Step, 'name' | 'config'>;
}

/**
 * Returns the stages that a host's config embeds. Throws `stage_fault` if one of them is missing in the flow version:
 * without it, its check (such as a captcha) would be skipped.
 */
export function embeddedStages({ contract, stage }: HostStage, { attached }: FlowVersion): EmbeddedStage[] {
  return Object.entries(contract.embeds).flatMap(([field, embed]) => {
    const id = stage.config[field];
    if (id === null || id === undefined) return [];
    const inner = attached[String(id)];
    if (!inner)
      throw new Problem('stage_fault', {
        detail: `the stage in the field ${field} of ${stage.name} is not in the flow version`,
      });
    const { secrets, ...attachedStage } = inner;
    return [{ field, embed, attached: { ...attachedStage, config: { ...inner.config, ...secrets } } }];
  });
}

/**
 * Returns the embedded stages that judge an answer: the alternative whose field is in the answer or, if there is none,
 * all stages that are not alternatives.
 */
export function judgingStages(embedded: readonly EmbeddedStage[], body: ResponseBody): readonly EmbeddedStage[] {
  const alternative = embedded.find(({ embed }) => embed.alternative && hasValue(body[embed.field]));
  return alternative ? [alternative] : embedded.filter(({ embed }) => !embed.alternative);
}

/**
 * Returns the plan for a stage that identifies the user: without the pending user, and without earlier proofs.
 * Otherwise proofs of an earlier pending user could count for the identified one.
 */
export function withoutUser({ context, proved_user: _proved, ...plan }: Plan): Plan {
  return { ...plan, context: withoutUserFacts(context) };
}

/** Returns the host's error for a refusal by an embedded stage. */
export function hostError({ error, alternative }: EmbeddedStageRule, refusal: StageReply): Message {
  const [first] = refusal.type === 'rejected' ? Object.values(refusal.errors).flat() : [];
  const code = first && 'code' in first ? alternative?.errors[first.code] : undefined;
  return code === undefined ? { code: error } : { ...first, code };
}

/**
 * Returns the effects of a refusal by an embedded stage. A failed login names the host, whose form the visitor has
 * answered, as the stage.
 */
export function hostEffectsOf(refusal: StageReply, { contract, stage: { name } }: HostStage): Effect[] {
  const [app = '', model_name = ''] = contract.model?.split('.') ?? [];
  return effectsOf(refusal).map((effect) =>
    effect.type === 'event' && effect.action === 'login_failed'
      ? { ...effect, context: { ...effect.context, stage: { app, model_name, name } } }
      : effect,
  );
}

/**
 * Returns the answer for the host. Each value that an embedded stage judges becomes an empty text or an empty object. A
 * text with a character that Postgres cannot store becomes that character alone, so that the host rejects the field.
 */
export function withoutEmbeddedFields(body: ResponseBody, { embeds }: StageContract): ResponseBody {
  const fields = new Set(Object.values(embeds).map(({ field }) => field));
  if (fields.size === 0) return body;
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [key, fields.has(key) ? withoutContent(value) : value]),
  );
}

function withoutContent(value: unknown): unknown {
  if (isTextual(value)) return findUnstorableCharacter(value) ?? '';
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? {} : value;
}

/**
 * Whether stages read the value as text. Numbers count as text, because a client may send a numeric password as a JSON
 * number.
 */
const isTextual = (value: unknown) => typeof value === 'string' || typeof value === 'number';

/** Merges the reply of a host with the reply of an embedded stage. Both have passed. */
export const mergePassed = (host: PassedReply, part: PassedReply): PassedReply => ({
  ...host,
  context: { ...host.context, ...part.context, ...mergedUser(host, part) },
  effects: [...(host.effects ?? []), ...(part.effects ?? [])],
  verified: [...(host.verified ?? []), ...(part.verified ?? [])],
  ...mergedInsert(host, part),
});

/**
 * Returns the steps that either of the two stages inserts. Throws if both insert steps, because their order would be
 * undefined.
 */
function mergedInsert({ insert: first }: PassedReply, { insert: second }: PassedReply) {
  if (first && second) throw new Problem('stage_fault', { detail: 'a stage and its embedded stage both insert steps' });
  const insert = first ?? second;
  return insert ? { insert } : {};
}

/** Returns the host's pending user, merged with the properties that the embedded stage has set. */
function mergedUser(host: PassedReply, part: PassedReply) {
  const [before, after] = [host, part].map(({ context }) => context?.['pending_user'] as User | undefined);
  return after ? { pending_user: mergeUser(before, after) } : {};
}

/**
 * Removes the facts from a reply that refuses the answer to a composite step. Otherwise facts of a host that had
 * passed, such as the user that it found, would stay in the plan although an embedded stage refused (docs/adr/0033).
 */
export function withoutContext(reply: StageReply): StageReply {
  if (reply.type !== 'rejected' && reply.type !== 'denied') return reply;
  const { context: _unproved, ...refusal } = reply;
  return refusal;
}

/**
 * Returns the effects of a host's `passed` reply that apply even if an embedded stage then refuses: events and
 * reputation.
 */
export const recordingEffectsOf = ({ effects = [] }: PassedReply): Effect[] =>
  effects.filter(({ type }) => REFUSAL_EFFECTS.has(type));

interface EmbeddedChallenge {
  readonly embed: EmbeddedStageRule & { readonly asks: string };
  readonly component: string | undefined;
  readonly inner: StageReply;
}

/**
 * Returns the host's reply with the challenge of an embedded stage in its field, or null in that field if the stage has
 * no challenge.
 */
export const withEmbeddedChallenge = <R extends Extract<StageReply, { challenge: object }>>(
  host: R,
  { embed, component, inner }: EmbeddedChallenge,
): R => {
  const shown = (challenge: Readonly<Record<string, unknown>>) =>
    embed.alternative ? embed.alternative.shown(challenge) : { ...challenge, component };
  const challenge = 'challenge' in inner ? shown(inner.challenge) : null;
  const effects = [...(host.effects ?? []), ...(inner.effects ?? [])];
  return { ...host, challenge: { ...host.challenge, [embed.asks]: challenge }, effects };
};
