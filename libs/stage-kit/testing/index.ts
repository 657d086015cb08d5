import type { ApiVersion, Config, PlanContext, StageContract, StageReply, StageRequest } from '@gatehouse/contracts';
import { PROTOCOL_VERSION, stageReply } from '@gatehouse/contracts';
import { handleStageMessage } from '../src/handle-message.js';
import type { Stage } from '../src/stage.js';

interface DriveOptions<C extends StageContract> {
  readonly config?: Partial<Config<C>> & Record<string, unknown>;
  readonly context?: PlanContext;
  readonly request?: Partial<StageRequest>;
  /** The API line of authentik whose rules apply; by default 2024.8. */
  readonly apiVersion?: ApiVersion;
}

/** Returns a complete stage request with default values, overridden by `overrides`. */
export const stageRequestFixture = (overrides: Partial<StageRequest> = {}): StageRequest => ({
  v: PROTOCOL_VERSION,
  id: '00000000-0000-4000-8000-000000000000.1.0',
  timeout_ms: 5000,
  toasts: true,
  locale: 'en',
  flow: { slug: 'login', title: 'Welcome', designation: 'authentication' },
  step: { id: 'step', name: 'step', confirmed: true, stage: '5a0c1d4e-8a52-4f2e-9d8c-3b1f6f0f7c21' },
  site: {
    base_url: 'https://id.example.org',
    rp_id: 'id.example.org',
    brand: 'Example',
    flows: {},
    api_version: '2024.8',
  },
  client: { ip: '203.0.113.7', user_agent: 'vitest', outpost: false, cookies: {} },
  session: { user: null },
  query: {},
  config: {},
  attached: {},
  companions: {},
  context: {},
  ...overrides,
});

/**
 * Returns a driver that sends requests to a stage like the gateway: it converts requests and replies to JSON, parses
 * replies by the contract, and keeps the state between requests.
 */
export function driveStage<C extends StageContract>(contract: C, stage: Stage<C>, options: DriveOptions<C> = {}) {
  let state: Record<string, unknown> | undefined;

  async function send(verb: 'challenge' | 'respond', response?: Record<string, unknown>): Promise<StageReply> {
    const { site: defaultSite } = stageRequestFixture();
    const { apiVersion, request: { site = defaultSite, ...given } = {} } = options;
    const request = stageRequestFixture({
      ...given,
      site: apiVersion ? { ...site, api_version: apiVersion } : site,
      config: options.config ?? {},
      context: options.context ?? {},
      ...(state ? { state } : {}),
      ...(response ? { response } : {}),
    });
    const body: unknown = JSON.parse(JSON.stringify(request));
    const result = await handleStageMessage(contract, stage, { verb, body, report: () => undefined });
    if ('problem' in result) throw new Error(`${result.problem.code}: ${result.problem.detail ?? ''}`);
    const reply = stageReply.parse(JSON.parse(JSON.stringify(result)));
    if ('state' in reply && reply.state) state = contract.state.parse(reply.state);
    if ('challenge' in reply) contract.challenge.parse(reply.challenge);
    return reply;
  }

  return {
    show: () => send('challenge'),
    answer: (response: Record<string, unknown>) => send('respond', response),
  };
}
