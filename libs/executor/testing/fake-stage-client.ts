import { Problem, type StageReply, type StageRequest } from '@gatehouse/contracts';
import { StageClient } from '../src/ports/clients.js';
import { ALICE } from './test-flow.js';

/** A reply, an error, or a function that makes the reply. */
export type ScriptedReply = StageReply | Problem | ((request: StageRequest) => StageReply | Promise<StageReply>);

/** Replies with the scripted reply for the `kind.verb` of a request, and records every request. */
export class FakeStageClient extends StageClient {
  /** Kind and verb of each request, as `kind.verb`. */
  readonly hops: string[] = [];
  readonly requests: Parameters<StageClient['send']>[2][] = [];
  readonly clock = { ms: 0, waits: [] as number[] };
  constructor(private readonly script: Readonly<Record<string, ScriptedReply>>) {
    super();
  }
  async send(...[{ kind }, verb, request]: Parameters<StageClient['send']>): Promise<StageReply> {
    this.hops.push(`${kind}.${verb}`);
    this.requests.push(request);
    const reply = this.script[`${kind}.${verb}`] ?? new Problem('stage_away');
    if (reply instanceof Problem) throw reply;
    return typeof reply === 'function' ? reply(request) : reply;
  }
}

/** Returns a reply that shows a challenge. */
export const challengeReply = (challenge: Record<string, unknown> = {}): StageReply => ({
  type: 'challenge',
  challenge,
});

/** Returns a reply that rejects the answer. `failed` lists the kinds of credentials that were wrong. */
export const rejectedReply = (failed?: string[]): StageReply => ({
  type: 'rejected',
  errors: { word: [{ code: 'wrong' }] },
  challenge: { again: true },
  ...(failed ? { failed } : {}),
});

/** A reply that logs ALICE in. */
export const LOGIN_REPLY: StageReply = {
  type: 'passed',
  effects: [
    {
      type: 'login',
      user: ALICE.uuid,
      backend: 'b',
      duration_s: null,
      bindings: { network: 'no_binding', geoip: 'no_binding' },
      terminate_other_sessions: false,
    },
  ],
};

/** Default replies of the test stages: each stage with a page shows a challenge and passes with any answer. */
export const DEFAULT_REPLIES = {
  'ident.challenge': challengeReply({ who: true }),
  'ident.respond': { type: 'passed', context: { pending_user: ALICE } },
  'page.challenge': challengeReply({ page: true }),
  'page.respond': { type: 'passed' },
  'secret.challenge': challengeReply({ secret: true }),
  'secret.respond': { type: 'passed', verified: ['password'] },
  'login.challenge': LOGIN_REPLY,
  'logout.challenge': { type: 'passed', effects: [{ type: 'logout' }] },
} satisfies Record<string, StageReply>;
