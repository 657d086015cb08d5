import { z } from 'zod';
import type { EffectType } from './effect.js';
import { type ContextKey, planContext } from './plan-context.js';
import { secretFields } from './secret.js';
import type { StageDescriptor } from './stage-descriptor.js';

/** Kinds of stages that are not the house's own: `x_<vendor>_<name>`. */
const EXTERNAL_KIND = /^x_[a-z0-9]+_[a-z0-9_]*[a-z0-9]$/;

/** Facts that decide nothing about who somebody is, what they may do and where they end up; any other needs trust. */
const UNPRIVILEGED_WRITES: ReadonlySet<ContextKey> = new Set([
  'pending_user_identifier',
  'prompt_data',
  'deny_message',
  'title',
]);
const UNPRIVILEGED_EFFECTS: ReadonlySet<EffectType> = new Set(['event']);
/** What the presenter adds to every challenge. */
const PRESENTER_FIELDS = ['component', 'flow_info', 'pending_user', 'pending_user_avatar', 'response_errors'];
/** The house's own cookies: whoever has one is the visitor. */
const OWN_COOKIES = /^authentik/i;

/** Whether a kind belongs to somebody else than the house. */
export const isExternalKind = (kind: string): boolean => EXTERNAL_KIND.test(kind);

/** The component of a stranger's challenges: its kind, as the wire writes names. */
export const externalComponent = (kind: string): string => kind.replaceAll('_', '-');

/** What keeps a descriptor from being a stranger's at all, whoever trusts it. */
export function externalDescriptorErrors(descriptor: StageDescriptor): string[] {
  const { kind, component, reads, challenge, cookies, embeds } = descriptor;
  const secrets = secretFields(planContext).filter((key) => key in reads);
  const presented = PRESENTER_FIELDS.filter((field) => Object.hasOwn(challenge.properties, field));
  const wanted = externalComponent(kind);
  return [
    ...(isExternalKind(kind) ? [] : [`its kind ${kind} is not x_<vendor>_<name>`]),
    ...(component === null || component === wanted ? [] : [`its component is ${component}, not ${wanted}`]),
    ...secrets.map((key) => `it reads ${key}, which is secret`),
    ...presented.map((field) => `its challenge has ${field}, which the gateway adds`),
    ...cookies.filter((name) => OWN_COOKIES.test(name)).map((name) => `it reads the cookie ${name}`),
    ...Object.keys(embeds).map((field) => `it embeds the stage in ${field}`),
    ...attemptRuleErrors(descriptor),
  ];
}

/** An attempt is told by a field of the answer, and a refused one needs words. */
function attemptRuleErrors({ attempts, errors, response }: StageDescriptor): string[] {
  const fields = attempts.flatMap(({ when, pick, refuse }) => [when, refuse.field, ...(pick ? [pick.field] : [])]);
  const unknown = fields.filter((field) => !Object.hasOwn(response.properties, field));
  const mute = attempts.filter(({ refuse }) => !Object.hasOwn(errors, refuse.code));
  return [
    ...unknown.map((field) => `it counts attempts by ${field}, which its answer has not`),
    ...mute.map(({ refuse }) => `it refuses attempts with ${refuse.code}, which it has no sentence for`),
    ...attempts.filter(({ free, hard }) => free >= hard).map(({ free }) => `it locks before ${free} free attempts`),
  ];
}

/**
 * What a stranger may do only if the operator lists it in TRUSTED_STAGES: each could log somebody in
 * (docs/spec/bus-protocol.md#external-stages).
 */
export function privilegesClaimed({ kind, writes, effects, inserts, attempts }: StageDescriptor): string[] {
  const own = (credential: string) => credential === kind || credential.startsWith(`${kind}:`);
  return [
    ...writes.filter((key) => !UNPRIVILEGED_WRITES.has(key)).map((key) => `it writes ${key}`),
    ...effects.filter((type) => !UNPRIVILEGED_EFFECTS.has(type)).map((type) => `it has the effect ${type}`),
    ...inserts.map((step) => `it inserts steps of kind ${step}`),
    ...attempts
      .filter(({ credential }) => !own(credential))
      .map(({ credential }) => `it counts attempts of ${credential}`),
  ];
}

/** The setting that lists the strangers whose liberties an operator allows. */
export const trustedStages = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((kind) => kind.trim() || []))
  .refine((kinds) => kinds.every(isExternalKind), { error: 'must be kinds x_<vendor>_<name>, comma separated' })
  .describe(
    'Kinds of stages of others that may log people in, redirect and insert steps as they claim; comma separated',
  );
