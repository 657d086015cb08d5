import type {
  AttachedStage,
  Config,
  Errors,
  Reads,
  Response,
  StageContract,
  StageOutcome,
  StageRequest,
  State,
} from '@gatehouse/contracts';

/** Everything a handler knows of the step it serves. */
export interface ChallengeInput<C extends StageContract> {
  /** Names the work that is asked for: a stage that writes data of its own does it once. */
  readonly id: string;
  readonly config: Config<C>;
  readonly context: Reads<C>;
  /** What the step remembered for this user, if it did. */
  readonly state?: State<C>;
  readonly flow: StageRequest['flow'];
  readonly step: StageRequest['step'];
  readonly site: StageRequest['site'];
  readonly client: StageRequest['client'];
  readonly session: StageRequest['session'];
  /** Every stage of a kind among the contract's companions, by id, with its whole config. */
  readonly companions: Readonly<Record<string, AttachedStage>>;
  readonly query: StageRequest['query'];
  readonly locale: string;
  /** Stages that the config points to, by config field. */
  readonly attached: Readonly<Record<string, AttachedStage>>;
  /** Milliseconds until nobody waits for the reply any more. */
  readonly timeLeftMs: () => number;
}

export interface RespondInput<C extends StageContract> extends ChallengeInput<C> {
  readonly response: Response<C>;
}

/**
 * One step of a flow. `challenge` is called whenever the step is shown, so it asks without repeating side effects;
 * a silent stage passes or denies right there. `respond` judges one answer.
 */
export interface Stage<C extends StageContract> {
  challenge(input: ChallengeInput<C>): StageOutcome<C> | Promise<StageOutcome<C>>;
  respond(input: RespondInput<C>): StageOutcome<C> | Promise<StageOutcome<C>>;
  /** What becomes of an answer whose fields are wrong; without it the answer is rejected with `errors`. */
  refuse?(input: ChallengeInput<C>, errors: Errors): StageOutcome<C>;
}
