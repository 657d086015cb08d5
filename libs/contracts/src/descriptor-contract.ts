import { fromDescribedValue, fromDescriptorSchema, toDescribedValue, toDescriptorSchema } from './descriptor-schema.js';
import { defineStage, type StageContract } from './stage-contract.js';
import { type StageDescriptor, stageDescriptor } from './stage-descriptor.js';
import { describedForm } from './stage-form.js';
import { PROTOCOL_VERSION } from './stage-request.js';

/** Blueprint model of all external stages. */
export const EXTERNAL_STAGE_MODEL = 'gatehouse_stages.remotestage';

/** Converts a contract to a descriptor, which is JSON. */
export function toDescriptor(contract: StageContract): StageDescriptor {
  const { kind, component = null, config, challenge, response, state } = contract;
  const { reads, writes, errors, effects, inserts, embeds, attempts, guesses } = contract;
  const { addressable, cookies, user_info, identifies, acts, grants, writes_data, deadline_ms } = contract;
  const changes_credentials = contract.changes_credentials !== undefined;
  const acts_on_entry = contract.acts_on_entry({});
  const proves = contract.proves({});
  const schemas = {
    config: toDescriptorSchema(config),
    challenge: toDescriptorSchema(challenge),
    response: toDescriptorSchema(response),
    state: toDescriptorSchema(state),
  };
  return stageDescriptor.parse({
    facts: Object.fromEntries(
      Object.entries(contract.facts).map(([name, use]) => [name, { ...use, schema: toDescribedValue(use.schema) }]),
    ),
    ...{ v: PROTOCOL_VERSION, kind, component, ...schemas, reads, writes, errors, effects, inserts, embeds, attempts },
    ...{ addressable, cookies, user_info, acts, acts_on_entry, grants, changes_credentials, writes_data, deadline_ms },
    guesses,
    ...(proves && { proves }),
    identifies: identifies ?? null,
    personal_fields: contract.personal_fields ?? null,
  });
}

function identifiesOf({ identifies, writes }: Pick<StageDescriptor, 'identifies' | 'writes'>) {
  if (identifies !== undefined) return identifies ?? undefined;
  return writes.includes('pending_user') ? 'by_name' : undefined;
}

/** Converts a descriptor to a contract, which the gateway enforces like the contract of a built-in stage. */
export function fromDescriptor(descriptor: StageDescriptor): StageContract {
  const { v: _version, component, config, challenge, response, state, facts, page: _page, ...more } = descriptor;
  const { changes_credentials, personal_fields, proves, ...rest } = more;
  const acts_on_entry = rest.acts && rest.acts_on_entry;
  return defineStage({
    ...rest,
    form: describedForm(descriptor),
    ...(changes_credentials ? { changes_credentials: () => true } : {}),
    acts_on_entry: () => acts_on_entry,
    proves: () => proves,
    forecast: () => ({ inserts: rest.inserts.map((kind) => ({ where: 'next', steps: [{ kind, config: {} }] })) }),
    personal_fields: personal_fields ?? undefined,
    component: component ?? undefined,
    identifies: identifiesOf(rest),
    model: EXTERNAL_STAGE_MODEL,
    service: rest.kind,
    facts: Object.fromEntries(
      Object.entries(facts).map(([name, use]) => [name, { ...use, schema: fromDescribedValue(use.schema) }]),
    ),
    config: fromDescriptorSchema(config),
    challenge: fromDescriptorSchema(challenge),
    response: fromDescriptorSchema(response),
    state: fromDescriptorSchema(state),
  });
}
