import { createHash, randomUUID } from 'node:crypto';
import { type Effect, maskByKey, Problem } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import { type Logger, runNamed, type Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { Claim } from '../execution/attempts.js';
import { type About, type Begin, type Loaded, Plans, type Save } from '../execution/plans.js';
import { bodyOf, type LoadedRow, loadedOf, planRow } from './plan-rows.js';
import { BEGIN, BEGIN_WITH_SESSION, CANCEL, LOAD, SAVE, SAVE_WITH_EFFECTS, SEEN } from './plan-statements.js';

/** Bytes of a sealed plan (protocol §2). */
const MAX_PLAN_BYTES = 256 * 1024;

/** Seconds that sessions and plans last. */
export interface Lifetimes {
  readonly anonymousSessionS: number;
  /** Of a login without a duration of its own, since last seen. */
  readonly sessionS: number;
  /** Of a plan, since last saved. */
  readonly planS: number;
}

interface Settings {
  readonly lifetimes: Lifetimes;
  /** Whether the attributes of logged-in users are wanted. */
  readonly attributes: boolean;
  readonly logger: Logger;
}

/** Plans in Postgres: the hot path is one named statement to load and one to save. */
export class TypeormPlans extends Plans {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
    private readonly settings: Settings,
  ) {
    super();
  }

  async find(slug: string, sessionKey: Buffer | undefined): Promise<Loaded | undefined> {
    const { rows } = await runNamed<LoadedRow>(this.source, LOAD, [
      ...[slug, sessionKey ?? null, this.settings.attributes],
    ]);
    const row = rows[0];
    if (row?.session_id && row.unseen && !row.retired) this.see(row.session_id);
    return row && loadedOf(row, this.sealer);
  }

  async begin({ flowId, versionId, plan, session, replaces }: Begin): Promise<string | undefined> {
    const sessionId = 'id' in session ? session.id : randomUUID();
    const values = [
      ...[sessionId, flowId, plan.id, versionId, pendingUserId(plan), this.seal(plan, 0)],
      ...[seconds(this.settings.lifetimes.planS), replaces?.id ?? null, replaces?.revision ?? null],
    ];
    const { rows } =
      'id' in session
        ? await runNamed<{ session_id: string }>(this.source, BEGIN, values)
        : await runNamed<{ session_id: string }>(this.source, BEGIN_WITH_SESSION, [
            ...values,
            session.newKey,
            seconds(this.settings.lifetimes.anonymousSessionS),
          ]);
    return rows[0]?.session_id;
  }

  async save(save: Save): Promise<boolean> {
    const { sessionId, flowId, plan, revision } = save;
    const body = this.seal(plan, revision + 1);
    const planS = seconds(this.settings.lifetimes.planS);
    const values = [sessionId, flowId, plan.id, revision, pendingUserId(plan), body, planS, plan.ended !== undefined];
    const plain = save.effects.length + save.cleared.length + save.returned.length === 0;
    const { rows } = plain
      ? await runNamed(this.source, SAVE, values)
      : await runNamed(this.source, SAVE_WITH_EFFECTS, [...values, ...this.consequences(save)]);
    return rows.length > 0;
  }

  async cancel(sessionKey: Buffer): Promise<void> {
    await runNamed(this.source, CANCEL, [sessionKey]);
  }

  /** Not part of the answer, so nobody waits for it. */
  private see(sessionId: string) {
    runNamed(this.source, SEEN, [sessionId]).catch((error: unknown) =>
      this.settings.logger.fault('a session could not be noted as seen', error),
    );
  }

  private seal(plan: Plan, revision: number): Buffer {
    const sealed = this.sealer.seal(planRow(plan.id, revision), bodyOf(plan));
    if (sealed.length <= MAX_PLAN_BYTES) return sealed;
    throw new Problem('stage_fault', { detail: `the plan is larger than ${MAX_PLAN_BYTES} bytes` });
  }

  private consequences({ effects, newKey, cleared, returned, about }: Save): unknown[] {
    const login = effects.find((effect) => effect.type === 'login');
    const reputation = effects.filter((effect) => effect.type === 'reputation');
    const outbox = effects.filter((effect) => effect.type === 'event').map((event) => this.outboxRow(event, about));
    return [
      newKey ?? null,
      login?.user ?? null,
      login ? JSON.stringify({ backend: login.backend, bindings: login.bindings, last_ip: about.clientIp }) : null,
      login?.duration_s ? seconds(login.duration_s) : null,
      seconds(this.settings.lifetimes.sessionS),
      login?.terminate_other_sessions ?? false,
      ...columns(cleared),
      ...columns(returned),
      ...[outbox.map(({ id }) => id), outbox.map(({ topic }) => topic), outbox.map(({ body }) => body)],
      ...[reputation.map(({ identifier }) => indexable(identifier)), reputation.map(({ delta }) => delta)],
      about.clientIp,
      about.user?.kind === 'saved' ? about.user.epoch : null,
    ];
  }

  private outboxRow({ action, context }: Extract<Effect, { type: 'event' }>, { user, clientIp, flow }: About) {
    const id = randomUUID();
    const event = { action, context: maskByKey(context), user: user ?? null, client_ip: clientIp, flow };
    return { id, topic: `events.${action}`, body: this.sealer.seal({ table: 'flow.outbox', id, revision: 0 }, event) };
  }
}

/** Characters of an identifier that an index takes as they are; a longer one is known by its digest. */
const MAX_INDEXED = 200;

const indexable = (identifier: string) =>
  identifier.length <= MAX_INDEXED ? identifier : `sha256:${createHash('sha256').update(identifier).digest('hex')}`;

const pendingUserId = ({ context: { pending_user: user } }: Plan) => (user?.kind === 'saved' ? user.uuid : null);

const seconds = (count: number) => `${count} seconds`;

const columns = (claims: readonly Claim[]) => [
  claims.map(({ subject }) => subject),
  claims.map(({ credential }) => credential),
];
