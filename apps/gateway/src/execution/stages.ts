import type { StageContract, StageReply, StageRequest, StageVerb } from '@gatehouse/contracts';

/** The stages, wherever they run. */
export abstract class Stages {
  /**
   * One turn of one stage. Throws Problem: stage_away, bus_down and stage_busy before the stage began its work,
   * stage_timeout, stage_fault and stage_bad_request after it.
   */
  abstract ask(contract: StageContract, verb: StageVerb, request: StageRequest): Promise<StageReply>;
}

/** What every kind of stage promises. */
export abstract class Contracts {
  abstract find(kind: string): StageContract | undefined;
  /** Whether some stage's answers carry this component. */
  abstract knows(component: string): boolean;
  /** Whether some stage's answers have a secret field of this name. */
  abstract isSecret(field: string): boolean;
}
