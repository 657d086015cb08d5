import type { AttemptRefusal, RefusedAttempt } from '@gatehouse/executor';
import { FlowObserver, type ObservedFlow, type PlanOutcome, type StepOutcome } from '@gatehouse/executor';
import type { ShadowVerdict } from '@gatehouse/plan';
import { boundedLabel, counter } from '@gatehouse/platform';
import type { GatewayConfig } from '../gateway.config.js';

const flow = 'the slug of a published flow, or `other` beyond METRICS_FLOWS_MAX flows';
const designation = 'the designation of the flow';

const begun = counter({
  name: 'gatehouse_flows_begun_total',
  question: 'logins',
  help: 'Plans that were started. A mailed link that is opened in another session than its plan starts a new one',
  labels: { flow, designation },
});

const ended = counter({
  name: 'gatehouse_flows_ended_total',
  question: 'logins',
  help: 'Plans that ended. Not counted are those that are deleted with a session that has not run out of time, or that a new plan replaces when they have run out of time and were not cleaned up yet',
  labels: {
    flow,
    designation,
    outcome:
      '`done`; `denied`; `expired`: was answered and ran out of time; `abandoned`: was cancelled, was started again, was deleted by a login or logout in another flow, or was never answered and ran out of time. The gateway that cleans up counts plans that ran out of time',
  },
});

const steps = counter({
  name: 'gatehouse_steps_total',
  question: 'logins',
  help: 'Steps that a stage has judged, or that were left',
  labels: {
    flow,
    kind: 'the kind of the stage, or `other` beyond METRICS_KINDS_MAX kinds',
    outcome:
      '`passed`; `rejected`: a wrong answer; `denied`; `skipped` by its policies; `deferred`: a proof of the user is needed before; `fault`: the stage or its policies gave no result',
  },
});

const shadows = counter({
  name: 'gatehouse_shadow_conditions_total',
  question: 'logins',
  help: 'Evaluations of shadow conditions, which are not enforced',
  labels: {
    flow: `${flow}, or empty for the conditions of an application outside of flows`,
    outcome: '`pass`; `fail`; `undecided`: failed, or took too long',
    verdict: '`same`; `other`: the conditions together would have decided otherwise if it were enforced',
  },
});

const attemptsRefused = counter({
  name: 'gatehouse_attempts_refused_total',
  question: 'abuse',
  help: 'Guesses at credentials and requests for mails that were refused without being judged',
  labels: {
    reason:
      '`locked`: the credential is locked; `delayed`: it had too many failures; `network`: the network of the client had too many; `mail`: too many mails were requested',
  },
});

/** Limits the number of flows and stage kinds that have their own series. The others share one series. */
export class MetricLabels {
  readonly flowOf: (slug: string) => string;
  readonly kindOf: (kind: string) => string;

  constructor({
    METRICS_FLOWS_MAX,
    METRICS_KINDS_MAX,
  }: Pick<GatewayConfig, 'METRICS_FLOWS_MAX' | 'METRICS_KINDS_MAX'>) {
    this.flowOf = boundedLabel(METRICS_FLOWS_MAX);
    this.kindOf = boundedLabel(METRICS_KINDS_MAX);
  }
}

/**
 * Counts events of flows in metrics. No label contains input of a client: only the slug of an existing flow is a label.
 */
export class CountingFlowObserver extends FlowObserver {
  constructor(private readonly labels: MetricLabels) {
    super();
  }

  planBegan({ slug, designation }: ObservedFlow): void {
    begun.inc({ flow: this.labels.flowOf(slug), designation });
  }

  planEnded({ slug, designation }: ObservedFlow, outcome: PlanOutcome, plans = 1): void {
    ended.inc({ flow: this.labels.flowOf(slug), designation, outcome }, plans);
  }

  stepTaken({ slug }: ObservedFlow, kind: string, outcome: StepOutcome): void {
    steps.inc({ flow: this.labels.flowOf(slug), kind: this.labels.kindOf(kind), outcome });
  }

  shadowJudged(slug: string | undefined, outcome: ShadowVerdict['outcome'], changes: boolean): void {
    const flowLabel = slug === undefined ? '' : this.labels.flowOf(slug);
    shadows.inc({ flow: flowLabel, outcome, verdict: changes ? 'other' : 'same' });
  }

  attemptRefused(reason: AttemptRefusal, _attempt: RefusedAttempt): void {
    attemptsRefused.inc({ reason });
  }
}
