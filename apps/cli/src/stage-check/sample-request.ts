import { PROTOCOL_VERSION, type SavedUser, type StageContract, type StageRequest } from '@gatehouse/contracts';

/** The user of the sample requests. Does not exist in any installation. */
export const SAMPLE_USER: SavedUser = {
  kind: 'saved',
  uuid: '0f0e1c52-6a0b-4d39-9d53-3c4f5e6a7b80',
  pk: 2_000_000_000,
  username: 'check-stage',
  name: 'Check Stage',
  email: 'check-stage@example.org',
  is_active: true,
  epoch: 1,
  locale: '',
};

const SUBJECT = { uuid: SAMPLE_USER.uuid, pk: 1, slug: 'check', name: 'Check' };

/** A sample value of each fact that a stage may require. */
const FACTS: Readonly<Record<string, unknown>> = {
  pending_user: SAMPLE_USER,
  pending_user_identifier: SAMPLE_USER.username,
  user_backend: 'authentik.core.auth.InbuiltBackend',
  auth_method: 'password',
  auth_method_args: {},
  application: SUBJECT,
  source: SUBJECT,
  is_sso: false,
  deny_message: 'Check',
  redirect: '/',
};

/**
 * Returns a request as the gateway sends it, with the required facts, and with the pending user if the stage's contract
 * reads that fact.
 */
export function sampleRequest(
  { reads, deadline_ms }: StageContract,
  config: Readonly<Record<string, unknown>>,
): StageRequest {
  const facts = Object.entries(reads).filter(([key, need]) => need === 'required' || key === 'pending_user');
  return {
    v: PROTOCOL_VERSION,
    id: `${SAMPLE_USER.uuid}.1.0`,
    timeout_ms: deadline_ms,
    locale: 'en',
    flow: { slug: 'check', title: 'Check', designation: 'authentication' },
    step: { id: SAMPLE_USER.uuid, name: 'check', confirmed: true, stage: SAMPLE_USER.uuid },
    site: {
      base_url: 'https://id.example.org',
      rp_id: 'id.example.org',
      brand: 'Check',
      flows: {},
      api_version: '2024.8',
    },
    client: { ip: '203.0.113.7', user_agent: 'check-stage', outpost: false, cookies: {} },
    session: { user: null },
    query: {},
    config,
    attached: {},
    companions: {},
    context: Object.fromEntries(facts.map(([key]) => [key, FACTS[key]])),
  };
}
