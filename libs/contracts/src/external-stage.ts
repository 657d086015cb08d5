import { z } from 'zod';
import type { DescriptorSchema } from './descriptor-schema.js';
import type { EffectType } from './effect.js';
import { isExternalKind } from './external-kind.js';
import { vendorOf } from './own-fact.js';
import { type ContextKey, planContext } from './plan-context.js';
import { secretFields } from './secret.js';
import type { StageDescriptor } from './stage-descriptor.js';
import { STAGE_FORM_FIELD } from './stage-form.js';

/** Facts that any external stage may write, because they do not influence identity, permissions or the destination. */
const UNPRIVILEGED_WRITES: ReadonlySet<ContextKey> = new Set([
  'pending_user_identifier',
  'prompt_data',
  'deny_message',
  'title',
]);
const UNPRIVILEGED_EFFECTS: ReadonlySet<EffectType> = new Set(['event']);
/** Fields that the gateway adds to every challenge. A stage may not declare them. */
const PRESENTER_FIELDS = [
  ...['component', 'flow_info', 'pending_user', 'pending_user_avatar', 'response_errors'],
  STAGE_FORM_FIELD,
];
/** Gatehouse's own cookies. A stage that reads them could impersonate the visitor. */
const OWN_COOKIES = /^(__Host-)?(authentik|gatehouse)/i;

/** Returns the component of an external stage: the kind with hyphens in place of underscores. */
export const externalComponent = (kind: string): string => kind.replaceAll('_', '-');

/** Returns the reasons to refuse a descriptor of an external stage, whether the stage is trusted or not. */
export function externalDescriptorErrors(descriptor: StageDescriptor): string[] {
  const { kind, component, reads, challenge, cookies, embeds } = descriptor;
  const secrets = secretFields(planContext).filter((key) => key in reads);
  const presented = PRESENTER_FIELDS.filter((field) => Object.hasOwn(challenge.properties, field));
  const expected = externalComponent(kind);
  return [
    ...(isExternalKind(kind) ? [] : [`its kind ${kind} is not x_<vendor>_<name>`]),
    ...(component === null || component === expected ? [] : [`its component is ${component}, not ${expected}`]),
    ...secrets.map((key) => `it reads ${key}, which is secret`),
    ...presented.map((field) => `its challenge has ${field}, which the gateway adds`),
    ...cookies.filter((name) => OWN_COOKIES.test(name)).map((name) => `it reads the cookie ${name}`),
    ...Object.keys(embeds).map((field) => `it embeds the stage in ${field}`),
    ...attemptRuleErrors(descriptor),
    ...ownFactErrors(descriptor),
    ...secretErrors(descriptor),
    ...inheritedNameErrors(descriptor),
    ...pageErrors(descriptor),
  ];
}

/**
 * Returns an error for each own fact that the stage neither reads nor writes, or that it writes although the fact is
 * another vendor's, or whose value would be a secret.
 */
function ownFactErrors({ kind, facts }: StageDescriptor): string[] {
  return Object.entries(facts).flatMap(([name, { schema, reads, writes }]) => [
    ...(reads || writes ? [] : [`it declares the fact ${name}, which it neither reads nor writes`]),
    ...(writes && isExternalKind(kind) && vendorOf(name) !== vendorOf(kind)
      ? [`it writes ${name}, a fact of the vendor ${vendorOf(name)}`]
      : []),
    ...(hasSecret(schema) ? [`its fact ${name} has x-secret; keep secrets in the state of the stage`] : []),
  ]);
}

/**
 * Returns an error for each field of which only a part is secret, because only whole fields are sealed and kept out of
 * URLs.
 */
const secretErrors = ({ config, response }: StageDescriptor): string[] =>
  Object.entries({ config, response }).flatMap(([part, { properties }]) =>
    Object.entries(properties)
      .filter(([, { 'x-secret': _whole, ...schema }]) => hasSecret(schema))
      .map(([name]) => `its ${part} has x-secret inside ${name}; say it of the whole field`),
  );

/**
 * Returns an error for each field that is named like an inherited property, such as `constructor`: reading it from an
 * object without this field would return the inherited property.
 */
const inheritedNameErrors = ({ config, challenge, response, state }: StageDescriptor): string[] =>
  Object.entries({ config, challenge, response, state }).flatMap(([part, { properties }]) =>
    Object.keys(properties)
      .filter((name) => name in Object.prototype)
      .map((name) => `its ${part} has ${name}, a name that every object has`),
  );

const hasSecret = ({
  properties = {},
  additionalProperties,
  items,
  anyOf = [],
  ...schema
}: DescriptorSchema): boolean =>
  schema['x-secret'] === true ||
  [
    ...Object.values(properties),
    ...anyOf,
    ...[additionalProperties, items].filter((inner) => typeof inner === 'object'),
  ].some(hasSecret);

/**
 * Returns an error for each attempt rule that names an unknown response field or error code, or whose `hard` is not
 * above its `free`, and one if the descriptor has rules although it says that no answer is a guess.
 */
function attemptRuleErrors({ attempts, guesses, errors, response }: StageDescriptor): string[] {
  const fields = attempts.flatMap(({ when, pick, refuse }) => [when, refuse.field, ...(pick ? [pick.field] : [])]);
  const unknown = fields.filter((field) => !Object.hasOwn(response.properties, field));
  const withoutMessage = attempts.filter(({ refuse }) => !Object.hasOwn(errors, refuse.code));
  return [
    ...unknown.map((field) => `it counts attempts by ${field}, which its response does not have`),
    ...withoutMessage.map(({ refuse }) => `it refuses attempts with ${refuse.code}, which is not in its errors`),
    ...attempts.filter(({ free, hard }) => free >= hard).map(({ free }) => `it locks before ${free} free attempts`),
    ...(attempts.length > 0 && guesses === false ? ['it counts attempts, and says that no answer is a guess'] : []),
  ];
}

/**
 * Returns an error for each page field that the schemas lack, for each file without a size limit, and for unsafe code
 * of the page module.
 */
function pageErrors({ page = {}, challenge, response }: StageDescriptor): string[] {
  const { shows = [], asks = [] } = page;
  const unshown = shows.filter((field) => !Object.hasOwn(challenge.properties, field));
  const unasked = asks.filter((field) => !Object.hasOwn(response.properties, field));
  const unlimited = Object.entries(response.properties).filter(
    ([, { format, maxLength }]) => format === 'data-url' && maxLength === undefined,
  );
  return [
    ...unshown.map((field) => `its page shows ${field}, which its challenge does not have`),
    ...unasked.map((field) => `its page asks for ${field}, which its response does not have`),
    ...unlimited.map(([field]) => `its file ${field} has no maxLength`),
    ...(/<\/script|<!--|\r/i.test(page.module?.code ?? '') ? ['its page module has </script, <!-- or a CR'] : []),
  ];
}

/**
 * Returns the privileges in a descriptor that an external stage may have only if TRUSTED_STAGES lists its kind. With
 * any of them, the stage could log a user in (docs/spec/bus-protocol.md#external-stages).
 */
export function privilegesClaimed({ kind, writes, effects, inserts, attempts }: StageDescriptor): string[] {
  const own = (credential: string) => credential === kind || credential.startsWith(`${kind}:`);
  return [
    ...writes.filter((key) => !UNPRIVILEGED_WRITES.has(key)).map((key) => `it writes ${key}`),
    ...effects.filter((type) => !UNPRIVILEGED_EFFECTS.has(type)).map((type) => `it has the effect ${type}`),
    ...inserts.map((step) => `it inserts steps of kind ${step}`),
    ...attempts
      .filter(({ credential }) => !own(credential))
      .map(({ credential }) => `it counts attempts of ${credential}; name it ${kind} or ${kind}:… instead`),
  ];
}

/** Setting with the kinds of the external stages that the operator trusts. */
export const trustedStages = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((kind) => kind.trim() || []))
  .refine((kinds) => kinds.every(isExternalKind), { error: 'must be kinds x_<vendor>_<name>, comma separated' })
  .describe('Kinds of trusted external stages, which may log users in, redirect and insert steps; comma separated');
