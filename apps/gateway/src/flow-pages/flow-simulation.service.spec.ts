import { setImmediate } from 'node:timers/promises';
import { policySetOf } from '@gatehouse/executor/testing';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { describe, expect, it } from 'vitest';
import { FlowSimulationService } from './flow-simulation.service.js';
import { simulationConfig } from './simulation.config.js';

/** A flow version with 60 policies, whose results have 2^60 combinations. */
const HUGE = flowVersionOf(
  Array.from({ length: 60 }, (_, i) => ({ id: `s${i}`, kind: 'dummy', planned: policySetOf({ policy: `p${i}` }) })),
);
const SMALL = flowVersionOf([{ id: 'a' }, { id: 'b' }]);
const service = (settings: Readonly<Record<string, number>>) =>
  new FlowSimulationService({ ...simulationConfig.parse(settings), API_VERSION: '2024.8' });

async function simulated(settings: Readonly<Record<string, number>>, version = HUGE) {
  const simulation = await service(settings).simulate(version);
  if (simulation === 'busy') throw new Error('another simulation runs');
  return simulation;
}

describe('a simulation on the page of a flow', () => {
  it('is complete for a usual flow', async () => {
    expect((await simulated({}, SMALL)).isComplete).toBe(true);
  });

  it('ends after SIMULATION_TIMEOUT_MS, and returns the paths that it has found by then', async () => {
    const { isComplete, paths } = await simulated({ SIMULATION_TIMEOUT_MS: 50, SIMULATION_MAX_ANSWERS: 500_000 });
    expect([isComplete, paths.length > 0]).toEqual([false, true]);
  });

  it('ends after it has assumed SIMULATION_MAX_ANSWERS answers', async () => {
    const limits = { SIMULATION_TIMEOUT_MS: 30_000, SIMULATION_MAX_PATHS: 1000 };
    const { isComplete, paths } = await simulated({ ...limits, SIMULATION_MAX_ANSWERS: 61 * 10 });
    expect([isComplete, paths.length]).toEqual([false, 10]);
  });

  it('visits at most SIMULATION_MAX_STATES states, and lists at most SIMULATION_MAX_PATHS paths', async () => {
    expect((await simulated({ SIMULATION_MAX_STATES: 1 }, SMALL)).paths.map(({ end }) => end.type)).toContain('cut');
    const { isComplete, paths } = await simulated({ SIMULATION_MAX_PATHS: 2 }, SMALL);
    expect([isComplete, paths.length]).toEqual([false, 2]);
  });

  it('yields to other work of the gateway; a second simulation is refused as busy meanwhile', async () => {
    const simulations = service({ SIMULATION_TIMEOUT_MS: 200, SIMULATION_MAX_ANSWERS: 500_000 });
    let turns = 0;
    let isRunning = true;
    const running = simulations.simulate(HUGE).finally(() => {
      isRunning = false;
    });
    expect(await simulations.simulate(SMALL)).toBe('busy');
    while (isRunning) {
      await setImmediate();
      turns += 1;
    }
    expect(turns).toBeGreaterThan(3);
    expect(await running).toMatchObject({ isComplete: false });
    expect(await simulations.simulate(SMALL)).toMatchObject({ isComplete: true });
  });
});
