import { z } from 'zod';

const limit = (fallback: number, max: number, min = 1) => z.coerce.number().int().min(min).max(max).default(fallback);

/** Limits of a simulation on the page of a flow. The report says if a limit was reached. */
export const simulationConfig = z.object({
  SIMULATION_TIMEOUT_MS: limit(2000, 30_000, 10).describe(
    'Milliseconds after which the simulation of a flow on its page ends and shows what it has found',
  ),
  SIMULATION_MAX_STATES: limit(2000, 20_000).describe('States that a simulation on the page of a flow visits at most'),
  SIMULATION_MAX_ANSWERS: limit(50_000, 500_000).describe(
    'Answers that a simulation on the page of a flow assumes at most, in all branches together',
  ),
  SIMULATION_MAX_PATHS: limit(100, 1000).describe('Paths that a simulation on the page of a flow lists at most'),
});
