import {
  applyBlueprints,
  type BlueprintFile,
  type DraftReport,
  draftBlueprints,
  type ExternalStages,
  exportFlow,
  FlowReleases,
  FlowRollouts,
  type Report,
} from '@gatehouse/blueprints';
import { type ChangeOrigin, Problem } from '@gatehouse/contracts';
import { RequestEventRecorder } from '@gatehouse/outbox';
import type { Sealer } from '@gatehouse/platform';
import { type RolloutStatus, RolloutStatusRepository } from '@gatehouse/rollout';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import type { flowChangesConfig } from './flow-changes.config.js';

/** Checks the syntax of expressions in Python. */
export type SyntaxChecker = Parameters<typeof applyBlueprints>[0]['syntax'];

/** A blueprint to apply: its text, the values for its `!Env` tags, and the time limit. */
export interface BlueprintRunRequest {
  readonly file: BlueprintFile;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** The time limit of a change, and who has requested it. */
export interface RequestedChange {
  readonly timeoutMs: number;
  readonly origin: ChangeOrigin;
}

/** A rollout to start: a version, its share, and its guard. */
export interface RequestedRollout extends Omit<Parameters<FlowRollouts['start']>[2], 'graceS'> {
  readonly slug: string;
  readonly number: number;
}

interface Dependencies {
  readonly source: DataSource;
  readonly sealer: Sealer;
  readonly syntax: SyntaxChecker;
  readonly config: z.output<typeof flowChangesConfig>;
  /** Returns the client with which one run requests descriptors of external stages. */
  readonly openExternalStages: () => ExternalStages;
}

/**
 * Applies blueprints to the flows in the database, and exports flows. Throws FlowChangeBusyError while another run
 * changes flows.
 */
export class FlowDefinitionRepository {
  constructor(private readonly dependencies: Dependencies) {}

  /** The API line whose models, fields and values blueprints may have. */
  get apiVersion() {
    return this.dependencies.config.API_VERSION;
  }

  /** Applies a blueprint, and records an audit event that names the caller. */
  apply(request: BlueprintRunRequest, origin: ChangeOrigin): Promise<Report> {
    return applyBlueprints({ ...this.optionsOf(request), ...this.recordOf(origin) });
  }

  /** Compiles the flows of a blueprint into drafts without publishing them, and records an audit event. */
  draft(request: BlueprintRunRequest, origin: ChangeOrigin): Promise<DraftReport> {
    return draftBlueprints({ ...this.optionsOf(request), ...this.recordOf(origin) });
  }

  /** Returns the operations on versions of flows. `change` is required for operations that change something. */
  releases(change?: RequestedChange): FlowReleases {
    return new FlowReleases(this.changeOptions(change));
  }

  /** Starts a rollout of a version with a share of the new plans, or changes the share. Throws FlowReleaseError. */
  async startRollout({ slug, number, ...request }: RequestedRollout, change: RequestedChange): Promise<RolloutStatus> {
    const graceS = this.dependencies.config.ROLLOUT_GRACE_S;
    const rollouts = new FlowRollouts(this.changeOptions(change));
    return this.rolloutStatus().countPlans(await rollouts.start(slug, number, { ...request, graceS }));
  }

  /** Returns the running rollout of a flow. Throws FlowReleaseError. */
  findRollout(slug: string): Promise<RolloutStatus> {
    return this.rolloutStatus().find(slug);
  }

  /** Returns what a blueprint would change, without changing it. */
  compare(request: BlueprintRunRequest): Promise<Report> {
    return applyBlueprints({ ...this.optionsOf(request), mode: 'compare' });
  }

  /** Returns a flow as a blueprint. Throws UnknownFlowError. */
  export(slug: string): Promise<string> {
    const { source, sealer } = this.dependencies;
    return exportFlow({ source, sealer, slug });
  }

  private rolloutStatus(): RolloutStatusRepository {
    const { source, config } = this.dependencies;
    return new RolloutStatusRepository({ source, settleS: config.ROLLOUT_SETTLE_S });
  }

  private changeOptions(change: RequestedChange | undefined) {
    const { source, sealer, config } = this.dependencies;
    const options = { source, sealer, releasesKept: config.FLOW_RELEASES_KEPT, ifBusy: 'fail' } as const;
    return change ? { ...options, timeoutMs: change.timeoutMs, ...this.recordOf(change.origin) } : options;
  }

  private optionsOf({ file, env, timeoutMs }: BlueprintRunRequest) {
    const { source, sealer, syntax, config, openExternalStages } = this.dependencies;
    return {
      ...{ source, sealer, syntax, files: [file], env, timeoutMs, externalStages: openExternalStages() },
      ...({
        scope: 'flows',
        ifBusy: 'fail',
        apiVersion: this.apiVersion,
        flowVersionsKept: config.FLOW_VERSIONS_KEPT,
        releasesKept: config.FLOW_RELEASES_KEPT,
        hash: rejectPassword,
      } as const),
    };
  }

  /** Returns the recorder of audit events for a change, and the name of the user who requested it. */
  private recordOf(origin: ChangeOrigin) {
    const { actor, client_ip: clientIp, user_agent: userAgent, location, request_id: requestId } = origin;
    const place = location && { ...NO_LOCATION, country: location.country, city_name: location.city };
    const facts = { actor, clientIp, userAgent, location: place, requestId };
    return {
      events: new RequestEventRecorder(facts, this.dependencies.sealer),
      actor: 'username' in actor ? actor.username : actor.type,
    };
  }
}

/** The fields of a location that the gateway does not send. */
const NO_LOCATION = { continent: undefined, city: undefined, latitude: undefined, longitude: undefined };

/** Throws. A blueprint that only changes flows has no users, so no password must be hashed. */
const rejectPassword = () =>
  Promise.reject(new Problem('internal_fault', { detail: 'a blueprint that changes flows has a password to hash' }));
