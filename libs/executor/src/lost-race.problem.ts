import { Problem } from '@gatehouse/contracts';

/** Thrown when a concurrent request has changed the session's plan first. The client may send the request again. */
export class LostRaceProblem extends Problem {
  constructor() {
    super('stage_busy', { detail: 'Another request of this session was saved first. Try again.' });
  }
}
